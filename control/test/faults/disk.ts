/** Disks that can be broken: a small one that is filled, and files that take no more writes. */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Stage } from "./scenario.ts";

const run = (command: string, args: readonly string[]) => spawnSync(command, args, { stdio: "ignore" }).status === 0;

export interface Disk {
  dir: string;
  /** Until nothing fits any more; returns what makes room again. */
  fill(): () => void;
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
      return () => rmSync(ballast);
    },
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

/**
 * Makes the files of a database that a process has open fail every write, as on a disk that has become read-only. Returns
 * what makes them as before; null where the file system has no such mark, or we may not set it.
 */
export function freezeDatabase(path: string): (() => void) | null {
  const files = [path, `${path}-wal`].filter((file) => existsSync(file));
  const thaw = () => void run("chattr", ["-i", ...files]);
  if (run("chattr", ["+i", ...files])) return thaw;
  thaw();
  return null;
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
