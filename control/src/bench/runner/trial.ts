/** One trial: a SUT is asked as the scenario says, and what came of it becomes a document. */
import type { PlannedTrial } from "../plan/plan.ts";
import type { TrialRecord } from "../results/record.ts";
import type { Exchange } from "../scenarios/scenario.ts";
import { normalizersOf } from "../score/texts.ts";
import type { SutInstance } from "../suts/sut.ts";
import { metricsOf, type TrialFindings } from "./metrics.ts";

/** What is known of a trial before it is run. */
export interface TrialFacts {
  run_id: string;
  session: number;
  scenario: string;
  warmup: boolean;
  started: string;
  offset_s: number;
  /** The cold path, where the SUT was started for this trial. */
  opening: SutInstance["opening"] | null;
  sut_facts: Readonly<Record<string, string>>;
}

export function trialRecord(trial: PlannedTrial, known: TrialFindings & { facts: TrialFacts }): TrialRecord {
  const { facts, outcome } = known;
  const { exchanges } = outcome;
  const single = exchanges.length === 1 && trial.item !== null ? exchanges[0] : undefined;
  const failed = exchanges.find(({ outcome: { ok } }) => !ok)?.outcome;
  const answer = single?.outcome.ok === true ? single.outcome.answer : null;
  return {
    kind: "trial",
    ...identityOf(trial, facts),
    timing: {
      offset_s: facts.offset_s,
      total_s: outcome.total_s,
      latency_s: single === undefined ? null : single.done_s - single.intended_s,
      first_segment_s: answer?.first_segment_s ?? null,
      process_start_s: facts.opening?.process_start_s ?? null,
      load_s: facts.opening?.load_s ?? null,
      stages: { ...answer?.stages },
    },
    metrics: metricsOf(known),
    normalizer: normalizersOf(trial.items, known),
    output: answer === null ? null : { text: answer.text, language: answer.language, segments: answer.segments },
    requests: single === undefined ? exchanges.map(requestOf) : [],
    search: outcome.search ?? null,
    doubts: outcome.doubts,
    sut_facts: { ...facts.sut_facts },
    status: failed === undefined || failed.ok ? "ok" : failed.failure.status,
    error: failed === undefined || failed.ok ? null : { code: failed.failure.code, message: failed.failure.message },
  };
}

/** A trial of a SUT that ended in the middle of it. */
export function lostTrial(
  trial: PlannedTrial,
  known: Pick<TrialFindings, "normalizer" | "language"> & { facts: TrialFacts; message: string },
): TrialRecord {
  const { facts, message } = known;
  return {
    kind: "trial",
    ...identityOf(trial, facts),
    timing: {
      offset_s: facts.offset_s,
      total_s: 0,
      latency_s: null,
      first_segment_s: null,
      process_start_s: facts.opening?.process_start_s ?? null,
      load_s: facts.opening?.load_s ?? null,
      stages: {},
    },
    metrics: {},
    normalizer: normalizersOf(trial.items, known),
    output: null,
    requests: [],
    search: null,
    doubts: [],
    sut_facts: { ...facts.sut_facts },
    status: "error",
    error: { code: "sut_lost", message },
  };
}

function identityOf(trial: PlannedTrial, facts: TrialFacts) {
  const { planned, items } = trial;
  return {
    run_id: facts.run_id,
    trial_id: trial.trial_id,
    session: facts.session,
    config_key: planned.config_key,
    sut: planned.sut,
    run_config: planned.run_config,
    scenario: facts.scenario,
    workload: {
      item: trial.item,
      requests: items.length,
      audio_s: items.reduce((sum, { duration_s }) => sum + duration_s, 0),
    },
    warmup: facts.warmup,
    iteration: trial.iteration,
    block: trial.block,
    position: trial.position,
    started: facts.started,
  };
}

function requestOf({ item, intended_s, sent_s, done_s, outcome }: Exchange): TrialRecord["requests"][number] {
  const times = { item: item.key, intended_s, sent_s, done_s };
  if (!outcome.ok) {
    const { status, code, message } = outcome.failure;
    return { ...times, first_segment_s: null, status, error: { code, message }, text: null };
  }
  const { first_segment_s, text } = outcome.answer;
  return { ...times, first_segment_s, status: "ok", error: null, text };
}
