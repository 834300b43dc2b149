/** The audio of a trial in memory: read before its timing, and sent as it is. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import type { WorkloadItem } from "../workloads/item.ts";

export interface AudioFile {
  name: string;
  bytes: Buffer;
}

export interface TrialAudio {
  /** Those of an earlier trial that are not among these are let go. */
  read(items: readonly WorkloadItem[]): Promise<void>;
  of(item: WorkloadItem): AudioFile;
}

export function createTrialAudio(): TrialAudio {
  let held = new Map<string, AudioFile>();
  return {
    async read(items) {
      const wanted = new Map<string, AudioFile>();
      for (const { path } of items) {
        if (wanted.has(path)) continue;
        wanted.set(path, held.get(path) ?? { name: basename(path), bytes: await readFile(path) });
      }
      held = wanted;
    },
    of({ key, path }) {
      const file = held.get(path);
      if (file === undefined) throw new Error(`the audio of ${key} was not read before the trial`);
      return file;
    },
  };
}
