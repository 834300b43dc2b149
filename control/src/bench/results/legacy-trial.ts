/** A row of the old flat list as a trial, and a trial as such a row. */
import type { PlannedConfig } from "../plan/configs.ts";
import { keyOf } from "../plan/keys.ts";
import type { ItemFacts } from "../workloads/item.ts";
import { configOf, type LegacyRow } from "./legacy-rows.ts";
import type { RunRecord, TrialRecord } from "./record.ts";

/** Stands where nothing was written down. */
export const unknown = "unknown";

interface Place {
  run: RunRecord;
  item: ItemFacts;
  planned: PlannedConfig;
  iteration: number;
  /** Of the row in its list. */
  index: number;
}

export function trialOf(row: LegacyRow, { run, item, planned, iteration, index }: Place): TrialRecord {
  const { inference_time, transcription_time, total_time, transcription } = row;
  const total_s = totalOf(row);
  const audio_s = row.audio_duration ?? item.duration_s;
  return {
    kind: "trial",
    run_id: run.run_id,
    trial_id: keyOf({ run: run.run_id, index }),
    session: 0,
    config_key: planned.config_key,
    sut: planned.sut,
    run_config: planned.run_config,
    scenario: "single-stream",
    workload: { item: item.key, requests: 1, audio_s },
    warmup: false,
    iteration,
    block: `${iteration}/${item.key}`,
    position: index,
    started: run.started,
    timing: {
      offset_s: 0,
      total_s: total_s ?? 0,
      latency_s: total_s ?? null,
      first_segment_s: null,
      process_start_s: null,
      load_s: row.load_time ?? null,
      stages: {
        ...(inference_time !== undefined && { prepare: inference_time }),
        ...(transcription_time !== undefined && { generate: transcription_time }),
      },
    },
    metrics: {
      rtf: row.rtf ?? null,
      rtfx: total_s !== undefined && total_s > 0 && audio_s > 0 ? audio_s / total_s : null,
      ...(total_time !== undefined && { total_time_s: total_time }),
    },
    normalizer: "none",
    output: transcription === undefined ? null : { text: transcription, language: null, segments: null },
    requests: [],
    search: null,
    doubts: [],
    sut_facts: {},
    status: total_s === undefined ? "invalid" : "ok",
    error: total_s === undefined ? { code: "incomplete", message: "the row has no total_transcription_time" } : null,
  };
}

function totalOf({ total_transcription_time, inference_time, transcription_time }: LegacyRow): number | undefined {
  if (total_transcription_time !== undefined) return total_transcription_time;
  if (inference_time === undefined || transcription_time === undefined) return undefined;
  return inference_time + transcription_time;
}

/** What the trial does not tell is left out of the row. */
export function rowOf(trial: TrialRecord, item: ItemFacts): LegacyRow {
  const { timing, metrics } = trial;
  const total = trial.status === "ok" ? timing.total_s : null;
  const load = (timing.process_start_s ?? 0) + (timing.load_s ?? 0);
  return told({
    ...configOf(trial.run_config),
    audio_file: item.audio === unknown ? null : item.audio,
    load_time: timing.load_s,
    inference_time: timing.stages.prepare,
    transcription_time: timing.stages.generate,
    total_transcription_time: total,
    total_time: metrics.total_time_s ?? (total === null ? null : load + total),
    audio_duration: trial.workload.audio_s === 0 ? null : trial.workload.audio_s,
    rtf: metrics.rtf,
    transcription: trial.output?.text,
  });
}

const told = (row: { [Key in keyof LegacyRow]: LegacyRow[Key] | null }): LegacyRow =>
  Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined));
