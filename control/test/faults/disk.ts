/** Disks that can be broken: a small one that is filled, and files that take no more writes. */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Stage } from "./scenario.ts";

const run = (command: string, args: readonly string[]) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

export interface Disk {
  dir: string;
  /** Until nothing fits any more. */
  fill(): void;
  empty(): void;
}

/** A file system of its own in memory; null without the right to mount one. */
export function mountSmallDisk(stage: Stage, { megabytes }: { megabytes: number }): Disk | null {
  const dir = join(stage.dir, "disk");
  mkdirSync(dir);
  if (!run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", dir])) return null;
  stage.defer(() => run("umount", ["--lazy", dir]));
  const ballast = join(dir, "ballast");
  return {
    dir,
    fill() {
      for (let bytes = 1024 * 1024; bytes >= 1; bytes = Math.floor(bytes / 16)) fillBy(ballast, bytes);
    },
    empty: () => rmSync(ballast, { force: true }),
  };
}

function fillBy(path: string, bytes: number): void {
  const block = Buffer.alloc(bytes);
  try {
    for (;;) appendFileSync(path, block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

export interface Freeze {
  /** How it was done. */
  means: string;
  thaw(): void;
}

/**
 * Makes a database that a process has open fail every write from now on: as on a disk that has become read-only where the
 * file system has such a mark and we may set it, else by a lock that nobody gives up.
 */
export function freezeDatabase(path: string): Freeze {
  const files = ["", "-wal", "-shm"].map((suffix) => path + suffix).filter((file) => existsSync(file));
  if (run("chattr", ["+i", ...files])) return { means: "made immutable", thaw: () => run("chattr", ["-i", ...files]) };
  run("chattr", ["-i", ...files]);
  const holder = new DatabaseSync(path);
  holder.exec("PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE");
  return { means: "locked", thaw: () => holder.close() };
}

/** What SQLite finds in a whole check; `ok` where nothing is wrong. */
export function checkDatabase(path: string): string {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db
      .prepare("PRAGMA integrity_check(3)")
      .all()
      .map((row) => String(row.integrity_check))
      .join("; ");
  } finally {
    db.close();
  }
}

/** The CloudEvents of jobs that a spool holds, in their order. */
export function spooledJobEvents(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const rows = db.prepare("SELECT json FROM event WHERE stream = 'transcription' ORDER BY position").all();
    return rows.map(({ json }) => String(json));
  } finally {
    db.close();
  }
}
