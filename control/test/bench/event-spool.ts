/** How fast events become safe in the spool, beside what one fsync takes on the same disk. */
import { closeSync, fdatasyncSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { tellAll } from "../faults/load.ts";
import { openFeedRig } from "../feed-rig.ts";
import { percentile } from "./statistics.ts";

export interface SpoolRound {
  events_per_s: number;
  bytes_per_event: number;
  /** Of the main thread and the spool's, in processors. */
  processors: number;
}

/** A spool of its own, without sinks. */
export async function timeSpool(dir: string, plan: { events: number; producers: number }): Promise<SpoolRound> {
  const { feed, spool, close } = await openFeedRig(dir, { sinks: [] });
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  const told = await tellAll(feed, { ...plan, name: "job" });
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const stored = spool.bounds().last;
  const bytes = spool.usedBytes();
  await close();
  if (stored !== told.length) throw new Error(`${told.length} events were told and ${stored} are stored`);
  return {
    events_per_s: (told.length / tookMs) * 1_000,
    bytes_per_event: bytes / stored,
    processors: (user + system) / 1_000 / tookMs,
  };
}

/** Median milliseconds of writing a page and having it synced. */
export function timeFsync(dir: string, times = 200): number {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, "fsync");
  const file = openSync(path, "w");
  const page = Buffer.alloc(4_096);
  const tookMs = Array.from({ length: times }, (_, index) => {
    const startedMs = performance.now();
    writeSync(file, page, 0, page.length, index * page.length);
    fdatasyncSync(file);
    return performance.now() - startedMs;
  });
  closeSync(file);
  rmSync(path);
  return percentile(tookMs, 0.5);
}
