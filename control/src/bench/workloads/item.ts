/** The workload item: one audio file that is at hand, with what would be right as its transcript. */
import { z } from "zod";
import { expectations } from "../definition/workload.ts";

export const workloadItemSchema = z.object({
  /** `workload/name`: unique in a run. */
  key: z.string(),
  workload: z.string(),
  name: z.string(),
  /** Path of the audio on the machine that ran it, as the definition or manifest gave it. */
  audio: z.string(),
  sha256: z.string(),
  duration_s: z.number(),
  /** What is said; null where nobody knows, "" where nothing is said. */
  text: z.string().nullable(),
  expect: z.enum(expectations),
  language: z.string().nullable(),
  /** Clips of one speaker are one cluster; null where the item stands alone. */
  speaker: z.string().nullable(),
});
/** What results say of an item. */
export type ItemFacts = z.infer<typeof workloadItemSchema>;

export interface WorkloadItem extends ItemFacts {
  /** Absolute. */
  path: string;
}
