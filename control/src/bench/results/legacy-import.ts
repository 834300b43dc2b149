/** Takes results of the old kind over: the rows of a flat list become the documents of a run. */
import { statSync } from "node:fs";
import { basename, extname } from "node:path";
import { workloadNames } from "../definition/legacy-list.ts";
import { definitionSchema, definitionVersion } from "../definition/schema.ts";
import { expandConfigs, type PlannedConfig } from "../plan/configs.ts";
import { keyOf } from "../plan/keys.ts";
import type { ItemFacts } from "../workloads/item.ts";
import { configOf, type LegacyRow, readLegacyRows } from "./legacy-rows.ts";
import { trialOf, unknown } from "./legacy-trial.ts";
import { type RunEndRecord, type RunRecord, resultVersion, type TrialRecord } from "./record.ts";

export interface Imported {
  run: RunRecord;
  trials: TrialRecord[];
  end: RunEndRecord;
  /** What was read otherwise than it is written, is not known, or has no place in a result. */
  notes: string[];
}

/** The environment is unknown, so the run is comparable with no other one. Throws ConfigError with each problem's line. */
export function importLegacy(file: string): Imported {
  const { rows, notes } = readLegacyRows(file);
  const items = itemsOf(rows);
  const run = runOf(rows, { file, items: [...items.values()] });
  const configs = new Map(expandConfigs(run.definition).map((planned) => [keyOf(planned.run_config), planned]));
  const seen = new Map<string, number>();
  const trials = rows.map((row, index) => {
    const item = items.get(row.audio_file ?? unknown) as ItemFacts;
    const planned = configs.get(keyOf(configOf(row))) as PlannedConfig;
    const place = `${planned.config_key} ${item.key}`;
    const iteration = seen.get(place) ?? 0;
    seen.set(place, iteration + 1);
    return trialOf(row, { run, item, planned, iteration, index });
  });
  const wall_s = rows.reduce((sum, row) => sum + (row.total_time ?? 0), 0);
  const end: RunEndRecord = {
    kind: "run-end",
    run_id: run.run_id,
    session: 0,
    ended: new Date(Date.parse(run.started) + wall_s * 1000).toISOString(),
    status: "complete",
    error: null,
    trials: trials.length,
    harness_cpu_s: 0,
    wall_s,
  };
  return { run, trials, end, notes: [...notes, ...notesOn(file, trials)] };
}

/** By audio file: what it was and what is said in it nobody wrote down. */
function itemsOf(rows: readonly LegacyRow[]): Map<string, ItemFacts> {
  const files = [...new Set(rows.map(({ audio_file }) => audio_file ?? unknown))];
  const names = workloadNames(files);
  return new Map(
    files.map((audio, index) => {
      const name = names[index] ?? unknown;
      const durations = rows.filter((row) => (row.audio_file ?? unknown) === audio).map((row) => row.audio_duration);
      const item: ItemFacts = {
        key: `${name}/${name}`,
        workload: name,
        name,
        audio,
        sha256: "",
        duration_s: durations.find((duration) => duration !== undefined) ?? 0,
        text: null,
        expect: "speech",
        language: null,
        speaker: null,
      };
      return [audio, item];
    }),
  );
}

function runOf(rows: readonly LegacyRow[], { file, items }: { file: string; items: readonly ItemFacts[] }): RunRecord {
  const run_id = keyOf(rows);
  const name = basename(file, extname(file))
    .replaceAll(/[^\w.-]+/g, "-")
    .slice(0, 64);
  const configs = new Map(rows.map((row) => [keyOf(configOf(row)), configOf(row)]));
  const definition = definitionSchema.parse({
    schema: definitionVersion,
    name,
    workloads: items.map(({ workload, audio }) => ({ kind: "audio", name: workload, audio })),
    suts: [{ kind: "faster-whisper" }],
    include: [...configs.values()].map((config) => ({ config })),
    protocol: { warmup: 0, min_trials: 1, order: "sequential", isolation: "fresh-process" },
    capture: [],
  });
  const facts = { os: unknown, kernel: unknown, arch: unknown, cpu_model: unknown, host: unknown };
  const versions = { hum_helix: unknown, commit: null, dirty: null, node: unknown, packages: {} };
  return {
    kind: "run",
    schema: resultVersion,
    run_id,
    session: 0,
    name,
    started: stampIn(file) ?? statSync(file).mtime.toISOString(),
    plan_hash: keyOf({ imported: run_id }),
    definition,
    configs: expandConfigs(definition).map(({ workloads: _, ...config }) => ({
      ...config,
      unsupported: [],
      baseline: null,
    })),
    items: [...items],
    environment: { ...facts, cpus: 0, memory_bytes: 0, gpus: [], container: false, virtual: null, governor: null },
    environment_key: `unknown-${run_id}`,
    provenance: {
      ...versions,
      command: ["hum-helix", "bench", "import", basename(file)],
      definition_file: null,
      load_average: [],
    },
  };
}

/** `benchmark-20250131-153000.db.yaml` and the like tell when it was, in a time zone that they do not tell. */
function stampIn(file: string): string | null {
  const [, year, month, day, hour, minute, second] =
    /(\d{4})\D?(\d\d)\D?(\d\d)\D?(\d\d)\D?(\d\d)\D?(\d\d)/.exec(basename(file)) ?? [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

function notesOn(file: string, trials: readonly TrialRecord[]): string[] {
  const untimed = trials.filter(({ status }) => status === "invalid").length;
  const off = trials.filter(
    ({ metrics: { rtf, rtfx } }) => rtf != null && rtfx != null && Math.abs(rtf * rtfx - 1) > 0.05,
  );
  return [
    stampIn(file) === null
      ? `${file} does not tell in its name when it was begun: the time of its last change stands for that`
      : `the time in the name of ${file} is taken for UTC`,
    ...(untimed === 0
      ? []
      : [`${untimed} of ${trials.length} rows have no total_transcription_time and count as invalid`]),
    ...(off.length === 0
      ? []
      : [`rtf of ${off.length} rows is not total_transcription_time / audio_duration; it is kept as it is written`]),
  ];
}
