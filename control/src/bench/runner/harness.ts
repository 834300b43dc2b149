/** The harness: from a definition's file to a run whose every trial is on disk, taken up where an earlier one was ended. */
import { randomUUID } from "node:crypto";
import { resolve } from "node:path";
import type { Clock } from "../../core/clock.ts";
import { toHumError } from "../../core/errors.ts";
import { environmentKey, readEnvironment } from "../capture/environment.ts";
import { readProvenance } from "../capture/provenance.ts";
import { createCapture } from "../capture/usage.ts";
import { type Comparison, undecided } from "../compare/compare.ts";
import { compareRun } from "../compare/compare-run.ts";
import { type LoadedDefinition, loadDefinition } from "../definition/load.ts";
import type { Definition } from "../definition/schema.ts";
import { baselineFor } from "../plan/baseline.ts";
import { expandConfigs, type PlannedConfig } from "../plan/configs.ts";
import { makePlan, type Plan } from "../plan/plan.ts";
import { metricNames } from "../report/metrics.ts";
import { keepTrials } from "../results/kept-trials.ts";
import { type RunDocuments, readDocuments } from "../results/reader.ts";
import { type RunEndRecord, type RunRecord, resultVersion, type TrialRecord } from "../results/record.ts";
import { resumeResults } from "../results/resume.ts";
import { createResults, makeResultsDirectory, type ResultWriter } from "../results/writer.ts";
import { createScenario } from "../scenarios/create.ts";
import type { SutContext } from "../suts/context.ts";
import { createSut } from "../suts/create.ts";
import { unlessAborted } from "../suts/patience.ts";
import type { Sut } from "../suts/sut.ts";
import type { ItemFacts } from "../workloads/item.ts";
import { resolveWorkloads } from "../workloads/resolve.ts";
import type { RunProgress } from "./progress.ts";
import { type RunResult, runTrials } from "./run.ts";

export interface HarnessListener {
  /** Before the run: what is being read, made or hashed, in words. */
  onPreparing(step: string): void;
  /** What was passed over or has no place, before the run. */
  onNote(note: string): void;
  /** `planned` trials at the least, of which an earlier session has `finished` some. */
  onStarted(run: RunRecord, where: { file: string; planned: number; finished: number }): void;
  onProgress(progress: RunProgress): void;
  onTrial(run: RunRecord, trial: TrialRecord): void;
}

export interface BenchmarkRequest {
  /** Path of the definition. */
  definition: string;
  /** Directory of the result file. */
  out: string;
  /** Made sounds, and what is known of audio files, are kept here. */
  cacheDir: string;
  /** With the packages of sidecar/requirements.lock. */
  python: string;
  context: SutContext;
  /** As it was called, for whoever wants to do it again. */
  command: readonly string[];
  /** Blocks in place of the protocol's; null leaves them. */
  trials: number | null;
  /** Whether an unfinished run of the same plan is taken up. */
  takeUp: boolean;
  /** Compares with a baseline run of another environment all the same. */
  force: boolean;
  clock: Clock;
  signal: AbortSignal;
  listener: HarnessListener;
}

export interface BenchmarkOutcome {
  /** The result file. */
  file: string;
  run: RunRecord;
  /** Of all its sessions, warm-up included, each once. */
  trials: readonly TrialRecord[];
  end: RunEndRecord;
  /** Null where the run was interrupted. */
  comparison: Comparison | null;
}

/**
 * Throws ConfigError for what is wrong with the definition or its workloads, and HumError where results cannot be
 * written. A SUT that does not start is part of the outcome: its run has `failed`.
 */
export async function runBenchmark(request: BenchmarkRequest): Promise<BenchmarkOutcome> {
  const { listener, signal, context } = request;
  const loaded = loadDefinition(request.definition, { env: context.env, metrics: metricNames });
  for (const note of loaded.notes) listener.onNote(note);
  const definition = withTrials(loaded.definition, request.trials);
  listener.onPreparing("reading the workloads");
  const items = await resolveWorkloads(definition, {
    directory: loaded.directory,
    cacheDir: request.cacheDir,
    python: request.python,
    seed: definition.protocol.seed,
    signal,
    onProgress: ({ step, done, total }) =>
      listener.onPreparing(`${step === "hash" ? "hashing" : "measuring"} audio: ${done} of ${total}`),
  });
  const suts = new Map(definition.suts.map((sut) => [sut.name, createSut(sut, context)]));
  const unsupported = await unlessAborted(unsupportedOf(definition, suts), signal);
  const runnable = ({ config_key }: PlannedConfig) => (unsupported.get(config_key) ?? []).length === 0;
  const plan = makePlan(definition, { items, runnable });
  const header = await headerOf(plan, { request, unsupported });
  // Before hours are spent on what could not be compared with it.
  const baseline = await baselineRun(loaded);
  const judge = (documents: RunDocuments) => compareRun(documents, { baseline, force: request.force });
  const opened = await open(header, request);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => opened.writer.close());
  const done = await execute({ plan, suts, request, judge, ...opened });
  const { run, trials, end } = done;
  return { ...done, comparison: end.status === "interrupted" ? null : judge({ run, trials, ends: [end] }) };
}

/** Undefined where the run configs of the run itself are compared. Throws ConfigError where it cannot be read. */
async function baselineRun({ definition, directory }: LoadedDefinition): Promise<RunDocuments | undefined> {
  const { baseline } = definition;
  return baseline !== undefined && "run" in baseline ? readDocuments(resolve(directory, baseline.run)) : undefined;
}

interface Opened {
  writer: ResultWriter;
  /** With the time at which its first session began. */
  run: RunRecord;
  /** What earlier sessions have left. */
  earlier: { trials: readonly TrialRecord[]; documents: number };
  finished: ReadonlySet<string>;
}

async function open(run: RunRecord, { out, takeUp, listener }: BenchmarkRequest): Promise<Opened> {
  if (takeUp) {
    makeResultsDirectory(out);
    const { resumed, notes } = await resumeResults(out, run);
    for (const note of notes) listener.onNote(note);
    if (resumed !== null) {
      const { writer, previous, finished } = resumed;
      const earlier = { trials: previous.trials, documents: previous.trialDocuments };
      return { writer, run: { ...resumed.run, started: previous.run.started }, earlier, finished };
    }
  }
  const earlier = { trials: [], documents: 0 };
  return { writer: await createResults(out, run), run, earlier, finished: new Set() };
}

async function execute(
  options: Opened & {
    plan: Plan;
    suts: ReadonlyMap<string, Sut>;
    request: BenchmarkRequest;
    judge: (documents: RunDocuments) => Comparison;
  },
): Promise<Omit<BenchmarkOutcome, "comparison">> {
  const { plan, suts, request, writer, run, finished, earlier } = options;
  const { listener, clock, signal } = request;
  const { definition } = plan;
  const kept = keepTrials(earlier.trials);
  let { documents } = earlier;
  const startMs = clock.monotonicMs();
  const cpu = process.cpuUsage();
  const planned = plan.trials({ from: 0, to: definition.protocol.min_trials });
  const before = planned.filter(({ trial_id }) => finished.has(trial_id));
  listener.onStarted(run, { file: writer.file, planned: planned.length, finished: before.length });

  const endWith = async (status: RunEndRecord["status"], error: RunEndRecord["error"]): Promise<RunEndRecord> => {
    const used = process.cpuUsage(cpu);
    const end: RunEndRecord = {
      kind: "run-end",
      run_id: run.run_id,
      session: run.session,
      ended: new Date(clock.wallMs()).toISOString(),
      status,
      error,
      trials: documents,
      harness_cpu_s: (used.user + used.system) / 1e6,
      wall_s: (clock.monotonicMs() - startMs) / 1000,
    };
    await writer.append(end);
    return end;
  };

  const capture = createCapture(definition.capture, request.context);
  let result: RunResult;
  try {
    result = await runTrials({
      plan,
      suts,
      scenario: createScenario(definition.scenario),
      run_id: run.run_id,
      session: run.session,
      finished,
      async append(trial) {
        await writer.append(trial);
        documents += 1;
        kept.add(trial);
        listener.onTrial(run, trial);
      },
      capture,
      clock,
      signal,
      onProgress: listener.onProgress,
      undecided: () => undecided(options.judge({ run, trials: kept.list(), ends: [] })),
    });
  } catch (error) {
    const { code, message } = toHumError(error);
    // Where the results cannot be written, neither can this; the first error is the one to tell.
    await endWith("failed", { code, message }).catch(() => undefined);
    throw error;
  } finally {
    capture.stop();
  }
  const missing = result.unavailable.map(({ label, message }) => `${label}: ${message}`).join("; ");
  const end =
    missing === "" || result.status === "interrupted"
      ? await endWith(result.status, null)
      : await endWith("failed", { code: "loading", message: missing });
  return { file: writer.file, run, trials: kept.list(), end };
}

function withTrials(definition: Definition, trials: number | null): Definition {
  if (trials === null) return definition;
  return { ...definition, protocol: { ...definition.protocol, min_trials: trials, max_trials: trials } };
}

async function headerOf(
  plan: Plan,
  { request, unsupported }: { request: BenchmarkRequest; unsupported: Unsupported },
): Promise<RunRecord> {
  const { definition, configs, items, plan_hash } = plan;
  const environment = await readEnvironment(request.context);
  return {
    kind: "run",
    schema: resultVersion,
    run_id: randomUUID(),
    session: 0,
    name: definition.name,
    started: new Date(request.clock.wallMs()).toISOString(),
    plan_hash,
    definition,
    configs: configs.map(({ workloads: _, ...planned }) => ({
      ...planned,
      unsupported: [...(unsupported.get(planned.config_key) ?? [])],
      baseline: baselineFor(planned, definition, configs)?.config_key ?? null,
    })),
    items: items.map(factsOf),
    environment,
    environment_key: environmentKey(environment),
    provenance: await readProvenance(
      { command: request.command, definitionFile: request.definition, python: request.python },
      request.context,
    ),
  };
}

/** By config_key: the parameters that its SUT cannot be told. */
type Unsupported = ReadonlyMap<string, readonly string[]>;

async function unsupportedOf(definition: Definition, suts: ReadonlyMap<string, Sut>): Promise<Unsupported> {
  const configs = expandConfigs(definition);
  const named = configs.map(async ({ config_key, sut, run_config }) => {
    const names: readonly string[] = (await suts.get(sut)?.unsupported(run_config)) ?? [];
    return [config_key, names] as const;
  });
  return new Map(await Promise.all(named));
}

function factsOf({ path: _, ...facts }: ItemFacts & { path: string }): ItemFacts {
  return facts;
}
