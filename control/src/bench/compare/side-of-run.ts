/** From the documents of a run to a side of a comparison. */
import { expandConfigs } from "../plan/configs.ts";
import { keyOf } from "../plan/keys.ts";
import type { RunDocuments } from "../results/reader.ts";
import type { RunRecord, TrialRecord } from "../results/record.ts";
import { median } from "../stats/quantile.ts";
import type { Scored } from "../stats/wer.ts";
import type { ItemFacts } from "../workloads/item.ts";
import type { Sample, Side } from "./side.ts";

/** Scores a text against an item's, as the metrics of a trial name it: errors, words, character_errors, characters. */
export type ScoreText = (item: ItemFacts, hypothesis: string) => Readonly<Record<string, number | null>>;

/** With `score`, texts are scored anew, those of load scenarios request by request; without, stored metrics count. */
export function sideOfRun({ run, trials, ends }: RunDocuments, { score }: { score?: ScoreText } = {}): Side {
  const { definition } = run;
  const counted = trials.filter(({ warmup }) => !warmup);
  const end = ends.toSorted((a, b) => a.session - b.session).at(-1);
  const trialsOf = leastTrials(run);
  const scoring: Scoring = {
    items: new Map(run.items.map((item) => [item.key, item])),
    score,
    bySpeaker: definition.scoring.cluster_by === "speaker",
  };
  return {
    run_id: run.run_id,
    label: `${run.name} of ${run.started}`,
    environment_key: run.environment_key,
    conditions: keyOf({ scenario: definition.scenario, isolation: definition.protocol.isolation }),
    normalizers: score === undefined ? [...new Set(counted.map(({ normalizer }) => normalizer))].toSorted() : [],
    interleaved: definition.protocol.order === "abba",
    configs: run.configs.map(({ config_key, label, sut, unsupported, baseline, twin_of }) => ({
      config_key,
      label,
      sut,
      unsupported,
      baseline,
      twin_of,
      least_trials: unsupported.length > 0 ? 0 : trialsOf(config_key),
    })),
    audio: new Map(run.items.map(({ key, sha256 }) => [key, sha256])),
    samples: counted.map((trial) => sampleOf(trial, scoring)),
    doubts: [
      ...busyMachine(run),
      ...doubtsOf(counted, new Map(run.configs.map(({ config_key, label }) => [config_key, label]))),
    ],
    faults: faultsOf(run, counted),
    failure: end?.status === "failed" ? (end.error ?? { code: "failed", message: "no reason was written" }) : null,
  };
}

/** A run config may run on some workloads only. */
function leastTrials({ definition, items }: RunRecord): (config_key: string) => number {
  const planned = new Map(expandConfigs(definition).map((config) => [config.config_key, config]));
  const byItem = definition.scenario.kind === "single-stream" || definition.scenario.kind === "streaming";
  return (config_key) => {
    const workloads = planned.get(config_key)?.workloads ?? null;
    const taken = items.filter(({ workload }) => workloads === null || workloads.includes(workload)).length;
    return definition.protocol.min_trials * (byItem ? taken : 1);
  };
}

interface Scoring {
  items: ReadonlyMap<string, ItemFacts>;
  score: ScoreText | undefined;
  bySpeaker: boolean;
}

function sampleOf(trial: TrialRecord, scoring: Scoring): Sample {
  const texts = scoredTexts(trial, scoring);
  const scored = (errors: string, words: string): Scored[] =>
    texts.flatMap(({ metrics, ...unit }) => {
      const { [errors]: wrong, [words]: of } = metrics;
      // Where nothing is said there is no rate; words there are hallucinations, which have metrics of their own.
      return wrong == null || of == null || of === 0 ? [] : [{ ...unit, errors: wrong, words: of }];
    });
  return {
    config_key: trial.config_key,
    block: blockOf(trial),
    item: trial.workload.item ?? "all",
    status: statusOf(trial),
    time_s: timeOf(trial),
    words: scored("errors", "words"),
    characters: scored("character_errors", "characters"),
    latencies_s: latenciesOf(trial),
  };
}

function scoredTexts(trial: TrialRecord, { items, score, bySpeaker }: Scoring) {
  const unitOf = (key: string) => {
    const speaker = bySpeaker ? items.get(key)?.speaker : null;
    return { item: key, ...(speaker != null && { cluster: speaker }) };
  };
  const stored = [{ ...unitOf(trial.workload.item ?? "all"), metrics: trial.metrics }];
  if (score === undefined) return stored;
  const answers = [
    ...trial.requests.map(({ item, text }) => ({ item, text })),
    { item: trial.workload.item, text: trial.output?.text ?? null },
  ];
  return answers.flatMap(({ item, text }) => {
    const facts = item === null ? undefined : items.get(item);
    return facts === undefined || text === null ? [] : [{ ...unitOf(facts.key), metrics: score(facts, text) }];
  });
}

/** A run that was taken up goes on at another time: what stands before and after that was not run next to each other. */
const blockOf = ({ block, session }: TrialRecord) => (session === 0 ? block : `${block} of session ${session}`);

/** Of a thousand requests a few may fail, and the others have still been measured. */
export const mostFailed = 0.05;

function statusOf({ status, requests }: TrialRecord): Sample["status"] {
  const failed = requests.filter((request) => request.status !== "ok").length;
  return requests.length > 0 && failed <= mostFailed * requests.length ? "ok" : status;
}

/** What a SUT is slower by: of an open loop, where arrivals and not the SUT decide how long a trial takes, the latency. */
function timeOf(trial: TrialRecord): number {
  const { timing, search } = trial;
  if (search !== null) return 1 / search.sustainable_rate;
  if (trial.scenario === "server") return median(latenciesOf(trial));
  return timing.latency_s ?? timing.total_s;
}

function latenciesOf({ timing, requests, status }: TrialRecord): number[] {
  if (requests.length === 0) return [status === "ok" ? (timing.latency_s ?? timing.total_s) : Number.POSITIVE_INFINITY];
  return requests.map(({ status: own, done_s, intended_s }) =>
    own === "ok" ? done_s - intended_s : Number.POSITIVE_INFINITY,
  );
}

/** Before the first trial nothing of the run itself was running. */
function busyMachine({ environment, provenance }: RunRecord): string[] {
  const [load = 0] = provenance.load_average;
  if (load <= environment.cpus / 2) return [];
  return [`the machine had other work when the run began: a load of ${load.toFixed(1)} on ${environment.cpus} CPUs`];
}

/** With how many trials it was so; numbers in them differ from trial to trial. */
function doubtsOf(trials: readonly TrialRecord[], labels: ReadonlyMap<string, string>): string[] {
  const found = trials.flatMap(({ config_key, doubts }) => doubts.map((doubt) => ({ config_key, doubt })));
  const kinds = Map.groupBy(found, ({ config_key, doubt }) => `${config_key} ${doubt.replaceAll(/[\d.]+/g, "#")}`);
  return [...kinds.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return [];
    const others = more.length === 0 ? "" : `, and so in ${more.length} more trials`;
    return [`${labels.get(first.config_key) ?? first.config_key}: ${first.doubt}${others}`];
  });
}

/** Documents that do not belong together. */
function faultsOf(run: RunRecord, trials: readonly TrialRecord[]): string[] {
  const configs = new Set(run.configs.map(({ config_key }) => config_key));
  const items = new Set(run.items.map(({ key }) => key));
  const kind = run.definition.scenario.kind;
  const faults = trials.flatMap(({ run_id, config_key, workload, scenario }) => {
    if (run_id !== run.run_id) return [`it has trials of another run, ${run_id}`];
    if (!configs.has(config_key)) return [`it has trials of a run config that its head does not name, ${config_key}`];
    if (workload.item !== null && !items.has(workload.item)) {
      return [`it has trials of an item that its head does not name, ${workload.item}`];
    }
    return scenario === kind ? [] : [`it has trials of the scenario ${scenario}, and its definition says ${kind}`];
  });
  return [...new Set(faults)];
}
