/** Records of a result file for tests, small and whole. */

import { definitionSchema, definitionVersion } from "../src/bench/definition/schema.ts";
import type { RunEndRecord, RunRecord, TrialRecord } from "../src/bench/results/record.ts";
import { resultVersion } from "../src/bench/results/record.ts";

export function makeRun(over: Partial<RunRecord> = {}): RunRecord {
  return {
    kind: "run",
    schema: resultVersion,
    run_id: "0123abcd-ef00-7000-8000-000000000000",
    session: 0,
    name: "example",
    started: "2026-11-24T18:01:02.345Z",
    plan_hash: "00112233aabbccdd",
    definition: definitionSchema.parse({
      schema: definitionVersion,
      name: "example",
      workloads: [{ kind: "generated", name: "silence", sound: "silence", duration_s: 5 }],
      suts: [{ kind: "hum-helix", settings: { events: { stream: "no", ratio: 0.0000001 } } }],
      matrix: { beam_size: [1, 5], temperatures: [[0], [0, 0.2]] },
      gates: [{ metric: "rtfx", at_least: 1 }],
    }),
    configs: [
      {
        config_key: "1e10000000000000",
        label: "hum-helix beam_size=1",
        sut: "hum-helix",
        run_config: { beam_size: 1, temperatures: [0] },
        unsupported: [],
        baseline: null,
        twin_of: null,
      },
    ],
    items: [
      {
        key: "silence/1",
        workload: "silence",
        name: "1",
        audio: "generated:silence",
        sha256: "0".repeat(64),
        duration_s: 5,
        text: "",
        expect: "empty",
        language: null,
        speaker: null,
      },
    ],
    environment: {
      os: "linux",
      kernel: "6.1",
      arch: "x64",
      cpu_model: "A processor",
      cpus: 2,
      memory_bytes: 4 * 2 ** 30,
      gpus: [],
      container: false,
      virtual: null,
      governor: null,
      host: "bench",
    },
    environment_key: "ffeeddcc00112233",
    provenance: {
      hum_helix: "0.1.0",
      commit: null,
      dirty: null,
      node: "26.10.0",
      packages: { "faster-whisper": "1.2.1" },
      command: ["bench", "run", "example.yaml"],
      definition_file: "example.yaml",
      load_average: [0.5, 0.25, 0.1],
    },
    ...over,
  };
}

export function makeTrial(over: Partial<TrialRecord> = {}): TrialRecord {
  return {
    kind: "trial",
    run_id: makeRun().run_id,
    trial_id: "aaaaaaaaaaaaaaaa",
    session: 0,
    config_key: "1e10000000000000",
    sut: "hum-helix",
    run_config: { beam_size: 1, temperatures: [0] },
    scenario: "single-stream",
    workload: { item: "silence/1", requests: 1, audio_s: 5 },
    warmup: false,
    iteration: 0,
    block: "0/silence/1",
    position: 0,
    started: "2026-11-24T18:01:03.000Z",
    timing: {
      offset_s: 0.655,
      total_s: 0.25,
      latency_s: 0.25,
      first_segment_s: null,
      process_start_s: null,
      load_s: null,
      stages: { decode: 0.01, generate: 0.2 },
    },
    metrics: { rtf: 0.05, rtfx: 20, wer: null },
    normalizer: "hum-english@1",
    output: { text: "no", language: "en", segments: [{ start: 0, end: 1.5, text: "no" }] },
    requests: [],
    search: null,
    doubts: [],
    sut_facts: { version: "0.1.0" },
    status: "ok",
    error: null,
    ...over,
  };
}

export function makeEnd(over: Partial<RunEndRecord> = {}): RunEndRecord {
  return {
    kind: "run-end",
    run_id: makeRun().run_id,
    session: 0,
    ended: "2026-11-24T18:02:00.000Z",
    status: "complete",
    error: null,
    trials: 1,
    harness_cpu_s: 0.01,
    wall_s: 57.5,
    ...over,
  };
}
