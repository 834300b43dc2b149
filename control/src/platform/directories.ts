/** The directories that a running control plane needs: data, scratch, and a private one for its sockets. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DataLock, lockDataDir } from "./data-lock.ts";

export interface Directories {
  data: string;
  /** Uploads and decoded audio; emptied at start, since nothing in it outlives a control plane. */
  scratch: string;
  /** Mode 0700, and its path short enough for sockets. */
  runtime: string;
  release(): void;
}

/** The kernel allows 107 bytes for a socket's path; this leaves 27 for the name in the directory. */
const maxRuntimePathBytes = 80;

/** Throws where another control plane uses the data directory. */
export function openDirectories(data: string): Directories {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const lock: DataLock = lockDataDir(data);
  const scratch = makeEmpty(join(data, "scratch"));
  const near = join(data, "run");
  const runtime =
    Buffer.byteLength(near) <= maxRuntimePathBytes ? makeEmpty(near) : mkdtempSync(join(tmpdir(), "hum-"));
  return {
    data,
    scratch,
    runtime,
    release() {
      rmSync(runtime, { recursive: true, force: true });
      lock.release();
    },
  };
}

function makeEmpty(dir: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true });
  return dir;
}
