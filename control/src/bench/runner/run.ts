/** The runner: executes the trials of a plan, one after another, and hands each one's document on when it has ended. */
import { randomUUID } from "node:crypto";
import type { Clock } from "../../core/clock.ts";
import { HumError } from "../../core/errors.ts";
import { seedOf } from "../plan/keys.ts";
import type { Plan, PlannedTrial } from "../plan/plan.ts";
import type { TrialRecord } from "../results/record.ts";
import type { Scenario, ScenarioOutcome } from "../scenarios/scenario.ts";
import { createRandom } from "../stats/random.ts";
import type { Sut } from "../suts/sut.ts";
import type { Capture, UsageReading } from "./metrics.ts";
import { createPace, type RunProgress } from "./progress.ts";
import { createResidents, type Resident, residentKey } from "./residents.ts";
import { lostTrial, type TrialFacts, trialRecord } from "./trial.ts";

export interface RunnerOptions {
  plan: Plan;
  suts: ReadonlyMap<string, Sut>;
  scenario: Scenario;
  run_id: string;
  session: number;
  /** Ids of trials that an earlier session has finished. */
  finished: ReadonlySet<string>;
  /** The trial counts as done when it resolves. */
  append(trial: TrialRecord): Promise<void>;
  /** Begins to watch process trees, and tells at the end what they used. */
  capture: Capture;
  clock: Clock;
  signal: AbortSignal;
  onProgress(progress: RunProgress): void;
  /** How many comparisons the trials so far leave undecided: asked once, after min_trials. */
  undecided(): number;
}

export interface RunResult {
  status: "complete" | "interrupted";
  /** Labels of run configs whose SUT did not start, with why; their trials are missing. */
  unavailable: { label: string; message: string }[];
}

/** Rejects for what is no fault of a SUT, such as a full disk; the result file is then whole up to the last trial. */
export async function runTrials(options: RunnerOptions): Promise<RunResult> {
  const { plan, signal, clock, onProgress } = options;
  const { protocol } = plan.definition;
  const areKept = protocol.isolation === "resident";
  const startMs = clock.monotonicMs();
  /** By config_key. */
  const unavailable = new Map<string, { label: string; message: string }>();
  /** Keys of run configs that have had their warm-up in this session. */
  const warmed = new Set<string>();
  const residents = createResidents({
    most: areKept ? protocol.max_resident : 1,
    startTimeoutMs: protocol.start_timeout_s * 1000,
    signal,
  });
  const left = (iterations: { from: number; to: number }) =>
    plan.trials(iterations).filter(({ trial_id }) => !options.finished.has(trial_id));
  const first = left({ from: 0, to: protocol.min_trials });
  const pace = createPace(first.map(weightOf));
  /** Those to come; what cannot be run is taken out. */
  const waiting = new Set(first);

  try {
    await execute(first);
    const most = protocol.max_trials ?? protocol.min_trials;
    const undecided = most > protocol.min_trials && !signal.aborted ? options.undecided() : 0;
    if (undecided > 0) {
      const more = left({ from: protocol.min_trials, to: most });
      pace.extend(more.map(weightOf));
      for (const trial of more) waiting.add(trial);
      onProgress({ step: "extending", undecided, trials: pace.count() });
      await execute(more);
    }
  } catch (error) {
    // What was left in the middle is no trial; any other fault is one, also while the run is interrupted.
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    await residents.closeAll();
  }
  return { status: signal.aborted ? "interrupted" : "complete", unavailable: [...unavailable.values()] };

  async function execute(trials: readonly PlannedTrial[]): Promise<void> {
    if (areKept && protocol.order === "abba" && fitTogether(trials)) await warmUpAll(trials);
    for (const trial of trials) {
      if (!waiting.has(trial)) continue;
      signal.throwIfAborted();
      const beganMs = clock.monotonicMs();
      if (areKept && !isWarm(trial)) await warmUp(trial);
      if (!(await measure(trial, { warmup: false }))) continue;
      if (!areKept) await residents.drop(sutOf(trial), trial.planned.run_config);
      waiting.delete(trial);
      pace.add(weightOf(trial), (clock.monotonicMs() - beganMs) / 1000);
    }
  }

  /** Whether none has to make room for another. */
  function fitTogether(trials: readonly PlannedTrial[]): boolean {
    const keys = new Set(trials.map((trial) => residentKey(sutOf(trial), trial.planned.run_config)));
    return keys.size <= protocol.max_resident;
  }

  /** Before the first block, so that no warm-up stands between two trials of one. */
  async function warmUpAll(trials: readonly PlannedTrial[]): Promise<void> {
    for (const trial of trials) {
      if (waiting.has(trial) && !warmed.has(trial.planned.config_key)) await warmUp(trial);
    }
  }

  /** One that has to be started first, in the place of one that died or had to make room, is cold whatever ran before. */
  function isWarm(trial: PlannedTrial): boolean {
    const { config_key, run_config } = trial.planned;
    return warmed.has(config_key) && residents.isRunning(sutOf(trial), run_config);
  }

  async function warmUp(trial: PlannedTrial): Promise<void> {
    warmed.add(trial.planned.config_key);
    for (let count = 0; count < protocol.warmup; count += 1) {
      signal.throwIfAborted();
      if (!(await measure(trial, { warmup: true }))) return;
    }
  }

  /** False where its SUT does not start. */
  async function measure(trial: PlannedTrial, { warmup }: { warmup: boolean }): Promise<boolean> {
    const resident = await open(trial);
    if (resident === null) return false;
    const { label } = trial.planned;
    const trials = pace.count();
    onProgress(warmup ? { step: "warmup", label, trials } : { step: "trial", label, item: trial.item, trials });
    const record = await recordOf(trial, { resident, warmup });
    // A warm-up has an id of its own: it may be run several times, and stands for none that counts.
    await options.append(warmup ? { ...record, trial_id: `warmup-${randomUUID()}` } : record);
    return true;
  }

  async function open(trial: PlannedTrial): Promise<Resident | null> {
    const { config_key, label, run_config } = trial.planned;
    const onOpen = () => onProgress({ step: "opening", label, trials: pace.count() });
    try {
      return await residents.take(sutOf(trial), { config: run_config, onOpen });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HumError)) throw error;
      unavailable.set(config_key, { label, message: error.message });
      for (const other of waiting) {
        if (other.planned.config_key !== config_key) continue;
        waiting.delete(other);
        pace.drop(weightOf(other));
      }
      return null;
    }
  }

  async function recordOf(
    trial: PlannedTrial,
    { resident, warmup }: { resident: Resident; warmup: boolean },
  ): Promise<TrialRecord> {
    const language = trial.planned.run_config.language ?? null;
    const scoring = { normalizer: plan.definition.scoring.normalizer, language };
    const { instance, isCold } = resident;
    const facts: TrialFacts = {
      run_id: options.run_id,
      session: options.session,
      scenario: plan.definition.scenario.kind,
      warmup,
      started: new Date(clock.wallMs()).toISOString(),
      offset_s: (clock.monotonicMs() - startMs) / 1000,
      opening: isCold ? instance.opening : null,
      sut_facts: instance.facts,
    };
    resident.isCold = false;
    try {
      return trialRecord(trial, { facts, ...(await execution(trial, resident)), ...scoring });
    } catch (error) {
      signal.throwIfAborted();
      // Anything else is no fault of the SUT: audio that is gone, or one of the harness's own.
      if (!(error instanceof HumError)) throw error;
      await residents.drop(sutOf(trial), trial.planned.run_config);
      return lostTrial(trial, { facts, message: error.message, ...scoring });
    }
  }

  async function execution(
    trial: PlannedTrial,
    { instance }: Resident,
  ): Promise<{ outcome: ScenarioOutcome; usage: UsageReading }> {
    const random = createRandom(seedOf([protocol.seed, trial.block]));
    // No part of what is measured; it may bring up again what a time-out has ended, as another process.
    await instance.prepare(trial.items, signal);
    const watch = options.capture.start(instance.pids);
    try {
      const outcome = await options.scenario.execute({
        instance,
        config: trial.planned.run_config,
        items: trial.items,
        random: random.unit,
        signal,
        timeoutMs: protocol.trial_timeout_s * 1000,
      });
      return { outcome, usage: watch.stop() };
    } catch (error) {
      watch.stop();
      throw error;
    }
  }

  function sutOf({ planned }: PlannedTrial): Sut {
    return options.suts.get(planned.sut) as Sut;
  }
}

const weightOf = ({ items }: PlannedTrial) => 1 + items.reduce((sum, { duration_s }) => sum + duration_s, 0);
