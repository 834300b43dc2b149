/** The dictionary of metrics: what each number of a summary means, for every report, gate and page alike. */

/** How a number is written; each has one way. */
export type MetricFormat = "factor" | "seconds" | "percent" | "bytes" | "count" | "number";

export interface MetricInfo {
  /** As the head of a column has it. */
  title: string;
  /** Of the number as it is stored; "" where it has none. */
  unit: string;
  better: "higher" | "lower" | "neither";
  format: MetricFormat;
  /** How several run configs are taken together; words weigh a rate of errors by what it was measured on. */
  mean: "geometric" | "arithmetic" | "by-words" | "sum";
  about: string;
}

export const metrics = {
  rtfx: {
    title: "RTFx",
    unit: "s/s",
    better: "higher",
    format: "factor",
    mean: "geometric",
    about: "Seconds of audio transcribed in a second: the audio of all items over the sum of each item's median time.",
  },
  rtf: {
    title: "RTF",
    unit: "s/s",
    better: "lower",
    format: "factor",
    mean: "geometric",
    about: "Seconds that a second of audio takes: 1 / RTFx.",
  },
  latency_median_s: {
    title: "latency",
    unit: "s",
    better: "lower",
    format: "seconds",
    mean: "geometric",
    about: "Median time from the intended arrival of a request to its answer.",
  },
  latency_p90_s: {
    title: "p90",
    unit: "s",
    better: "lower",
    format: "seconds",
    mean: "geometric",
    about: "90th percentile of the latency, from at least 64 samples.",
  },
  latency_p95_s: {
    title: "p95",
    unit: "s",
    better: "lower",
    format: "seconds",
    mean: "geometric",
    about: "95th percentile of the latency, from at least 130 samples.",
  },
  latency_p99_s: {
    title: "p99",
    unit: "s",
    better: "lower",
    format: "seconds",
    mean: "geometric",
    about: "99th percentile of the latency, from at least 662 samples.",
  },
  first_segment_median_s: {
    title: "first segment",
    unit: "s",
    better: "lower",
    format: "seconds",
    mean: "geometric",
    about: "Median time to the first segment of an answer that was streamed.",
  },
  requests_per_s: {
    title: "requests/s",
    unit: "1/s",
    better: "higher",
    format: "factor",
    mean: "geometric",
    about: "Requests answered in a second, the median over the trials of a load scenario.",
  },
  sustainable_rate: {
    title: "max rate",
    unit: "1/s",
    better: "higher",
    format: "factor",
    mean: "geometric",
    about: "The greatest rate of requests that kept the service level, by search; the median over trials.",
  },
  wer: {
    title: "WER",
    unit: "errors/word",
    better: "lower",
    format: "percent",
    mean: "by-words",
    about:
      "Word errors over words of the reference texts, pooled over all items, each by the mean of its trials; normalized.",
  },
  wer_raw: {
    title: "raw WER",
    unit: "errors/word",
    better: "lower",
    format: "percent",
    mean: "by-words",
    about: "Word errors over words, of the texts as they came.",
  },
  cer: {
    title: "CER",
    unit: "errors/character",
    better: "lower",
    format: "percent",
    mean: "by-words",
    about: "Character errors over characters of the reference texts, pooled over all items, both normalized.",
  },
  words: {
    title: "words",
    unit: "words",
    better: "neither",
    format: "count",
    mean: "sum",
    about: "Words of the reference texts that were scored, over all trials.",
  },
  substitutions: {
    title: "S",
    unit: "words",
    better: "lower",
    format: "count",
    mean: "sum",
    about: "Words that were taken for others, over all trials.",
  },
  deletions: {
    title: "D",
    unit: "words",
    better: "lower",
    format: "count",
    mean: "sum",
    about: "Words that are missing, over all trials.",
  },
  insertions: {
    title: "I",
    unit: "words",
    better: "lower",
    format: "count",
    mean: "sum",
    about: "Words that nobody said, over all trials.",
  },
  rss_peak_bytes: {
    title: "memory",
    unit: "bytes",
    better: "lower",
    format: "bytes",
    mean: "geometric",
    about: "Greatest resident memory of the SUT's processes in any trial.",
  },
  cpu_s_per_audio_s: {
    title: "CPU s/s",
    unit: "s/s",
    better: "lower",
    format: "factor",
    mean: "geometric",
    about: "Processor seconds of the SUT's processes for a second of audio.",
  },
  gpu_memory_peak_bytes: {
    title: "GPU memory",
    unit: "bytes",
    better: "lower",
    format: "bytes",
    mean: "geometric",
    about: "Greatest memory in use on the GPU in any trial.",
  },
  gpu_energy_j_per_audio_s: {
    title: "GPU J/s",
    unit: "J/s",
    better: "lower",
    format: "factor",
    mean: "geometric",
    about: "Energy that the GPU took for a second of audio.",
  },
  process_start_s: {
    title: "process start",
    unit: "s",
    better: "lower",
    format: "seconds",
    mean: "geometric",
    about: "Cold path: from the spawn of the SUT until it can be asked, less the load of the model.",
  },
  load_s: {
    title: "load",
    unit: "s",
    better: "lower",
    format: "seconds",
    mean: "geometric",
    about: "Cold path: load of the model.",
  },
  first_inference_s: {
    title: "first inference",
    unit: "s",
    better: "lower",
    format: "seconds",
    mean: "geometric",
    about: "Cold path: time of the first request that a new SUT answers.",
  },
  hallucination_rate: {
    title: "hallucinating",
    unit: "answers/answer",
    better: "lower",
    format: "percent",
    mean: "arithmetic",
    about: "Share of the sounds without speech that were answered with words.",
  },
  hallucinated_wpm: {
    title: "words/min",
    unit: "words/min",
    better: "lower",
    format: "number",
    mean: "arithmetic",
    about: "Words for each minute of sound that holds no speech.",
  },
  repeated_5grams: {
    title: "repeats",
    unit: "5-grams",
    better: "lower",
    format: "count",
    mean: "sum",
    about: "Five words in a row that came before, oftener than the reference has them, over all trials.",
  },
  nondeterministic_items: {
    title: "unsteady",
    unit: "items",
    better: "lower",
    format: "count",
    mean: "sum",
    about: "Items whose text was not the same in all trials.",
  },
  failure_rate: {
    title: "failed",
    unit: "trials/trial",
    better: "lower",
    format: "percent",
    mean: "arithmetic",
    about: "Share of the trials that failed, timed out or were invalid.",
  },
  audio_s: {
    title: "audio",
    unit: "s",
    better: "neither",
    format: "seconds",
    mean: "sum",
    about: "Seconds of audio in all trials that count.",
  },
} as const satisfies Record<string, MetricInfo>;

export type MetricName = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as MetricName[];

/** Below 0 where the first is better; null sorts last, and a metric with no better end by its size. */
export function betterFirst(name: MetricName, [a, b]: readonly [number | null, number | null]): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return infoOf(name).better === "higher" ? b - a : a - b;
}

export function infoOf(name: MetricName): MetricInfo {
  return metrics[name];
}
