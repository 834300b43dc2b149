/** A run config as keyword arguments of faster-whisper's `transcribe`, and what the plain library cannot be told. */
import type { JobOptions } from "../../core/options.ts";
import type { RunConfig, RunParameter } from "../definition/run-config.ts";

export interface LibraryCall {
  /** Arguments of the library's own names; what the run config does not say keeps the library's defaults. */
  options: Record<string, unknown>;
  untold: RunParameter[];
}

type Options = Partial<JobOptions>;

/** What is this project's own, with the values that mean what the library does anyway. */
const foreign: { [Name in keyof RunConfig]?: (value: unknown, batched: boolean) => boolean } = {
  profile: (value, batched) => value === (batched ? "batched" : "default"),
  speech_gate: (value) => value === false,
  // It never shares a call between requests.
  deterministic: () => true,
  sidecars: (value) => value === 1,
  max_batch: (value) => value === 0 || value === 1,
};

/**
 * "Unused Arguments" of BatchedInferencePipeline.transcribe in faster-whisper 1.2: it takes and ignores them. The values
 * here are what it does instead.
 */
const ignoredInBatches: Options = {
  compression_ratio_threshold: null,
  log_prob_threshold: null,
  no_speech_threshold: null,
  condition_on_previous_text: false,
  prefix: null,
  max_initial_timestamp: 0,
  hallucination_silence_threshold: null,
};

const engine: readonly RunParameter[] = ["model", "device", "compute_type", "workers", "threads_per_worker"];

export function libraryCall(config: RunConfig, { batched }: { batched: boolean }): LibraryCall {
  const call: LibraryCall = { options: {}, untold: [] };
  for (const [name, value] of Object.entries(config) as [RunParameter, RunConfig[RunParameter]][]) {
    const means = foreign[name];
    if (means !== undefined) {
      if (!means(value, batched)) call.untold.push(name);
    } else if (batched && isIgnored(name, value)) {
      call.untold.push(name);
    } else if (!engine.includes(name) && (batched || name !== "batch_size")) {
      Object.assign(call.options, argumentOf(name as keyof JobOptions, value, { batched }));
    }
  }
  return call;
}

function isIgnored(name: RunParameter, value: unknown): boolean {
  if (name in ignoredInBatches) return value !== ignoredInBatches[name as keyof Options];
  // Only the first is used, and of a sample only one is taken.
  if (name === "temperatures") return (value as JobOptions["temperatures"]).length > 1;
  // The length of a window takes its place.
  if (name === "vad_parameters") return (value as JobOptions["vad_parameters"]).max_speech_duration_s !== null;
  // Each part needs its end.
  if (name === "clip_timestamps") return (value as JobOptions["clip_timestamps"]).length % 2 === 1;
  return false;
}

function argumentOf(
  name: keyof JobOptions,
  value: unknown,
  { batched }: { batched: boolean },
): Record<string, unknown> {
  switch (name) {
    case "temperatures":
      return { temperature: value };
    case "vad_parameters":
      // What is null is left to its defaults.
      return { vad_parameters: Object.fromEntries(Object.entries(value as object).filter(([, one]) => one !== null)) };
    case "clip_timestamps": {
      const clips = value as JobOptions["clip_timestamps"];
      // An empty list would be no audio at all.
      if (clips.length === 0) return {};
      return { clip_timestamps: batched ? pairsOf(clips) : clips };
    }
    default:
      return { [name]: value };
  }
}

function pairsOf(clips: readonly number[]): { start: number; end: number }[] {
  const pairs: { start: number; end: number }[] = [];
  for (let index = 0; index + 1 < clips.length; index += 2) {
    pairs.push({ start: clips[index] ?? 0, end: clips[index + 1] ?? 0 });
  }
  return pairs;
}
