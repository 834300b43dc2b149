/** Every event type of the feed, as `<noun>.<verb>`: its stream, its class and the schema of its data. */
import type { z } from "zod";
import { benchmark } from "./data/benchmark.ts";
import { system } from "./data/system.ts";
import { ephemeral, transcription } from "./data/transcription.ts";

/** One stream, and one run of sequence numbers, for each. */
export const streamNames = ["transcription", "system", "benchmark"] as const;
export type StreamName = (typeof streamNames)[number];

export const dataSchemas = { ...transcription, ...ephemeral, ...system, ...benchmark };

/** `<noun>.<verb>`, such as `transcription.completed`. */
export type EventName = keyof typeof dataSchemas;
export type EventData<Name extends EventName> = z.infer<(typeof dataSchemas)[Name]>;
export type TranscriptionEventName = keyof typeof transcription;
export type SystemEventName = keyof typeof system;
export type BenchmarkEventName = keyof typeof benchmark;
export type EphemeralEventName = keyof typeof ephemeral;

export const eventNames = Object.keys(dataSchemas) as EventName[];

export function streamOf(name: EventName): StreamName {
  if (name in system) return "system";
  return name in benchmark ? "benchmark" : "transcription";
}

/** Ephemeral events take no number, are not kept, and may be dropped by a bus that is slow; all others are durable. */
export const isEphemeral = (name: EventName): name is EphemeralEventName => name in ephemeral;

/**
 * What becomes null, in this order, where an event would be larger than `maxEventBytes`: paths into its data. Nothing
 * else in any event grows with the audio.
 */
export const sheddable: { readonly [Name in EventName]?: readonly string[] } = {
  "transcription.requested": ["options.initial_prompt", "options.prefix", "options.hotwords"],
  "transcription.segment": ["words"],
  "transcription.completed": ["text"],
};

/** `transcription.completed` -> `transcription`; `benchmark.run.started` -> `benchmark.run`. */
export const nounOf = (name: EventName): string => name.slice(0, name.lastIndexOf("."));
