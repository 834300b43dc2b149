/** Workloads in a definition: audio with its text, a manifest of many, or sounds that hold no speech. */
import { z } from "zod";

const name = z.string().regex(/^[\w.-]{1,64}$/, "1 to 64 letters, digits, '.', '_' or '-'");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits");

/** What is right as an answer: the spoken text, or none at all. */
export const expectations = ["speech", "empty"] as const;

const audioSchema = z.strictObject({
  kind: z.literal("audio"),
  name,
  audio: z.string().min(1).describe("Path of the audio file, relative to this file."),
  sha256: sha256.optional().describe("Of the audio file; another file is refused."),
  text: z.string().optional().describe("What is said; without it no word error rate is told."),
  text_file: z.string().min(1).optional().describe("A file with what is said, in place of text."),
  expect: z.enum(expectations).default("speech"),
  language: z.string().optional().describe("ISO 639-1 code of what is spoken; chooses the normalizer."),
  speaker: z.string().optional().describe("Who speaks: clips of one speaker are one cluster."),
});

const manifestSchema = z.strictObject({
  kind: z.literal("manifest"),
  name,
  manifest: z.string().min(1).describe("Path of a manifest (hum-helix bench workloads writes them)."),
  limit: z.int().min(1).optional().describe("Only so many of its items, chosen by the protocol's seed."),
});

export const sounds = ["silence", "white-noise", "pink-noise", "hum", "clicks", "music"] as const;

const generatedSchema = z.strictObject({
  kind: z.literal("generated"),
  name,
  sound: z.enum(sounds),
  duration_s: z.number().min(0.1).max(3600),
  level_dbfs: z.number().min(-100).max(0).default(-30).describe("Root mean square, to full scale; silence ignores it."),
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  count: z.int().min(1).max(1000).default(1).describe("So many items, each of the next seed."),
  expect: z.enum(expectations).default("empty"),
});

export const workloadSchema = z.discriminatedUnion("kind", [audioSchema, manifestSchema, generatedSchema]);
export type Workload = z.infer<typeof workloadSchema>;
export type GeneratedWorkload = z.infer<typeof generatedSchema>;
