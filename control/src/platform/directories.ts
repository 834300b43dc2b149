/** The directories that a running control plane needs: data, scratch, and a private one for its sockets. */
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DataLock, lockDataDir, lockFileOf } from "./data-lock.ts";
import { makeDirectory } from "./make-directory.ts";

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

/** Throws where another control plane uses the data directory, or what would be emptied there may be somebody else's. */
export function openDirectories(data: string): Directories {
  makeDirectory(data, { mode: 0o700 });
  const scratch = join(data, "scratch");
  const near = join(data, "run");
  refuseForeign(data, [scratch, near]);
  const lock: DataLock = lockDataDir(data);
  makeEmpty(scratch);
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

/** A link would have us empty a directory elsewhere; without a lock file, whatever is there was never ours. */
function refuseForeign(data: string, dirs: readonly string[]): void {
  const isOurs = existsSync(lockFileOf(data));
  for (const dir of dirs) {
    const found = lstatSync(dir, { throwIfNoEntry: false });
    if (found === undefined) continue;
    const remedy = `move it away, or set HUM_DATA_DIR to a directory of hum-helix's own instead of ${data}`;
    if (!found.isDirectory()) {
      throw new Error(`${dir} is ${found.isSymbolicLink() ? "a symbolic link" : "a file"}, not a directory: ${remedy}`);
    }
    if (!isOurs && readdirSync(dir).length > 0) {
      throw new Error(`${dir} holds files that hum-helix has not made, and would be emptied at every start: ${remedy}`);
    }
  }
}

function makeEmpty(dir: string): string {
  mkdirSync(dir, { recursive: true });
  // One that was there before keeps the mode it had.
  chmodSync(dir, 0o700);
  for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true });
  return dir;
}
