/** Documents of a run as the runner writes them, made up from a seed: realistic times, errors and faults. */
import { definitionSchema } from "../src/bench/definition/schema.ts";
import { baselineFor } from "../src/bench/plan/baseline.ts";
import { expandConfigs } from "../src/bench/plan/configs.ts";
import { abbaOrder } from "../src/bench/plan/order.ts";
import type { RunDocuments } from "../src/bench/results/reader.ts";
import type { TrialRecord } from "../src/bench/results/record.ts";
import { alignWords } from "../src/bench/score/align.ts";
import { createRandom } from "../src/bench/stats/random.ts";
import type { ItemFacts } from "../src/bench/workloads/item.ts";

export interface SampleOptions {
  seed?: number;
  iterations?: number;
  items?: number;
  matrix?: Record<string, unknown[]>;
  started?: string;
  environment_key?: string;
  host?: string;
  /** How many times as long everything takes. */
  slower?: number;
  /** Spoken in each item beside the usual words. */
  extraText?: string;
}

const spoken =
  "the ship left the harbour before dawn and nobody on the quay saw which of the two channels it had taken although the keeper of the light later said that he had heard the engine turn south".split(
    " ",
  );

const costs: Record<string, number> = {
  tiny: 0.03,
  base: 0.06,
  small: 0.17,
  int8: 1,
  int8_float32: 1.15,
  float32: 1.6,
};
const errorRates: Record<string, number> = { tiny: 0.11, base: 0.07, small: 0.035 };

export function sampleRun(options: SampleOptions = {}): RunDocuments {
  const { seed = 7, iterations = 5, slower = 1, started = "2026-11-02T09:30:00.000Z" } = options;
  const random = createRandom(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const definition = definitionSchema.parse({
    schema: "hum-helix/benchmark-definition@1",
    name: "whisper-matrix",
    workloads: [{ kind: "manifest", name: "speech", manifest: "speech.yaml" }],
    suts: [
      { kind: "hum-helix" },
      { kind: "faster-whisper" },
      { kind: "openai-http", name: "peer", url: "http://127.0.0.1:9000" },
    ],
    matrix: options.matrix ?? {
      model: ["tiny", "base", "small"],
      compute_type: ["int8", "float32"],
      beam_size: [1, 5],
    },
    decoding: { language: "en" },
    baseline: { sut: "faster-whisper" },
  });
  const planned = expandConfigs(definition);
  const configs = planned.map(({ workloads, ...config }) => ({
    ...config,
    baseline: baselineFor({ workloads, ...config }, definition, planned)?.config_key ?? null,
    unsupported: config.sut === "peer" && (config.run_config.beam_size ?? 5) !== 5 ? ["beam_size"] : [],
  }));
  const runnable = configs.filter(({ unsupported }) => unsupported.length === 0);
  const items = Array.from({ length: options.items ?? 12 }, (_, index) => sampleItem(index, options.extraText));
  const run_id = `run-${seed.toString(16).padStart(8, "0")}`;
  const slots = [
    ...abbaOrder({ from: 0, to: 1 }, { configs: runnable.length, items: [items[0]?.key ?? ""], takes: () => true }).map(
      (slot) => ({ ...slot, warmup: true }),
    ),
    ...abbaOrder(
      { from: 0, to: iterations },
      { configs: runnable.length, items: items.map(({ key }) => key), takes: () => true },
    ).map((slot) => ({ ...slot, warmup: false })),
  ];
  let clock_s = 0;
  const trials = slots.map(({ config, item: key, iteration, block, position, warmup }, index): TrialRecord => {
    const { config_key, sut, run_config } = runnable[config] as (typeof runnable)[number];
    const item = items.find((candidate) => candidate.key === key) as ItemFacts;
    const { model = "base", compute_type = "int8", beam_size = 5 } = run_config;
    const overhead = sut === "faster-whisper" ? 1 : sut === "hum-helix" ? 1.018 : 1.22;
    const outlier = random.unit() < 0.012 ? 1.6 + random.unit() * 2 : 1;
    const drift = 1 + (0.06 * index) / slots.length;
    const generate =
      (costs[model] ?? 0.1) *
      (costs[compute_type] ?? 1) *
      (0.8 + 0.06 * beam_size) *
      item.duration_s *
      overhead *
      slower *
      drift *
      outlier *
      Math.exp(0.025 * normal());
    const queue = 0.0012 * Math.exp(0.2 * normal());
    const prepare = 0.008 * item.duration_s * Math.exp(0.05 * normal());
    const total_s = queue + prepare + generate + 0.003;
    const failed = !warmup && random.unit() < 0.003;
    const text = failed
      ? null
      : hear(item, { rate: (errorRates[model] ?? 0.08) * (beam_size === 1 ? 1.15 : 1), model });
    clock_s += total_s;
    const cpu = total_s * 1.9;
    return {
      kind: "trial",
      run_id,
      trial_id: `${index.toString(16).padStart(16, "0")}`,
      session: 0,
      config_key,
      sut,
      run_config,
      scenario: "single-stream",
      workload: { item: key, requests: 1, audio_s: item.duration_s },
      warmup,
      iteration,
      block,
      position,
      started: new Date(Date.parse(started) + clock_s * 1000).toISOString(),
      timing: {
        offset_s: clock_s,
        total_s,
        latency_s: warmup ? total_s * 1.7 : total_s,
        first_segment_s: null,
        process_start_s: warmup && sut !== "peer" ? 0.62 + 0.02 * normal() : null,
        load_s: warmup && sut !== "peer" ? 1.3 * (costs[model] ?? 0.1) * 10 : null,
        stages: sut === "peer" ? {} : { queue, prepare, generate },
      },
      metrics: {
        rtf: total_s / item.duration_s,
        rtfx: item.duration_s / total_s,
        cpu_s: sut === "peer" ? null : cpu,
        rss_peak_bytes: sut === "peer" ? null : 3.1e8 + (costs[model] ?? 0.1) * 6e9 * (costs[compute_type] ?? 1),
        ...score(item.text ?? "", text?.text ?? ""),
      },
      normalizer: "hum-english@1",
      output: text === null ? null : { text: text.text, language: "en", segments: null },
      requests: [],
      search: null,
      doubts: [],
      sut_facts: { version: sut === "faster-whisper" ? "1.2.1" : "0.1.0", ctranslate2: "4.8.5" },
      status: failed ? "error" : "ok",
      error: failed ? { code: "engine_failed", message: "the engine ended with signal 9 <SIGKILL>" } : null,
    };
  });
  return {
    run: {
      kind: "run",
      schema: "hum-helix/benchmark-result@1",
      run_id,
      session: 0,
      name: "whisper-matrix",
      started,
      plan_hash: "5d41402abc4b2a76",
      definition,
      configs,
      items,
      environment: {
        os: "Debian GNU/Linux 12",
        kernel: "6.1.0-28-amd64",
        arch: "x64",
        cpu_model: "AMD Ryzen 9 7950X 16-Core Processor",
        cpus: 32,
        memory_bytes: 67_341_000_000,
        gpus: [],
        container: false,
        virtual: null,
        governor: "performance",
        host: options.host ?? "workbench",
      },
      environment_key: options.environment_key ?? "7b8b965ad4bca0e4",
      provenance: {
        hum_helix: "0.1.0",
        commit: "138845e0c2f9c2a7d5e1b3a4958671f0e2d3c4b5",
        dirty: false,
        node: "v26.10.0",
        command: ["hum-helix", "bench", "run", "configs/bench/whisper-matrix.yaml", "--out", "results"],
        definition_file: "configs/bench/whisper-matrix.yaml",
        load_average: [0.12, 0.2, 0.31],
        packages: {},
      },
    },
    trials,
    ends: [
      {
        kind: "run-end",
        run_id,
        session: 0,
        ended: new Date(Date.parse(started) + clock_s * 1000 + 9000).toISOString(),
        status: "complete",
        error: null,
        trials: trials.length,
        harness_cpu_s: trials.length * 0.0007,
        wall_s: clock_s + 9,
      },
    ],
  };
}

function sampleItem(index: number, extraText = ""): ItemFacts {
  const random = createRandom(1000 + index);
  const silent = index % 12 === 11;
  const words = Array.from({ length: 12 + random.below(22) }, () => spoken[random.below(spoken.length)] ?? "");
  return {
    key: `speech/clip-${String(index).padStart(3, "0")}`,
    workload: "speech",
    name: `clip-${String(index).padStart(3, "0")}`,
    audio: `clips/clip-${index}.flac`,
    sha256: "0".repeat(64),
    duration_s: silent ? 8 : words.length * 0.37 + 0.8,
    text: silent ? "" : [...words, ...extraText.split(" ").filter(Boolean)].join(" "),
    expect: silent ? "empty" : "speech",
    language: "en",
    speaker: `speaker-${index % 7}`,
  };
}

/** The same item and model give the same text, but in one of eight clips, where one trial differs. */
function hear(item: ItemFacts, { rate, model }: { rate: number; model: string }): { text: string } {
  const random = createRandom(
    [...`${item.key} ${model}`].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2 ** 31, 7),
  );
  if (item.expect === "empty") return { text: model === "tiny" ? "Thank you for watching." : "" };
  const words = (item.text ?? "").split(" ").flatMap((word) => {
    const chance = random.unit();
    if (chance > rate) return [word];
    if (chance < rate * 0.2) return [];
    if (chance < rate * 0.4) return [word, "the"];
    return [spoken[random.below(spoken.length)] ?? ""];
  });
  return { text: words.join(" ") };
}

function score(reference: string, hypothesis: string): Record<string, number> {
  const [said, heard] = [reference, hypothesis].map((text) => text.split(" ").filter(Boolean)) as [string[], string[]];
  const { substitutions, deletions, insertions } = alignWords(said, heard);
  return { words: said.length, errors: substitutions + deletions + insertions, substitutions, deletions, insertions };
}
