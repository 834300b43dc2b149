/** What the buses are told of a run: its start, each trial that counts, and its end with its score over all of them. */
import type { RunRecord, TrialRecord } from "./results/record.ts";
import type { BenchmarkObserver } from "./service.ts";

/** As events/data/benchmark.ts has them; this layer knows no events. */
interface RunFacts {
  run_id: string;
  plan_hash: string;
  config: string;
}
interface Score {
  rtfx: number | null;
  wer: number | null;
}

/** Whoever publishes: each is told which run it is about. */
export interface Publisher {
  runStarted(runId: string, data: RunFacts & { trials: number }): void;
  trialCompleted(
    runId: string,
    data: RunFacts & Score & { trial_id: string; item: string | null; status: string },
  ): void;
  runCompleted(runId: string, data: RunFacts & Score & { status: string; trials: number; exit_code?: number }): void;
}

export function createAnnouncer(publisher: Publisher): BenchmarkObserver {
  const facts = (run: RunRecord, config: string) => ({ run_id: run.run_id, plan_hash: run.plan_hash, config });
  return {
    started(run, planned) {
      publisher.runStarted(run.run_id, { ...facts(run, run.name), trials: planned });
    },
    trial(run, trial) {
      if (trial.warmup) return;
      const label = run.configs.find(({ config_key }) => config_key === trial.config_key)?.label ?? trial.config_key;
      publisher.trialCompleted(run.run_id, {
        ...facts(run, label),
        ...scoreOf([trial]),
        trial_id: trial.trial_id,
        item: trial.workload.item,
        status: trial.status,
      });
    },
    ended(run, { trials, status, exit_code }) {
      // Run configs are never averaged: where there are several, each trial's own event tells its score.
      // A run config that runs again for the A/A test is no second one.
      const twins = new Set(run.configs.flatMap(({ config_key, twin_of }) => (twin_of === null ? [] : [config_key])));
      const counted = trials.filter(({ warmup }) => !warmup);
      const scored = counted.filter(({ config_key }) => !twins.has(config_key));
      publisher.runCompleted(run.run_id, {
        ...facts(run, run.name),
        ...(new Set(scored.map(({ config_key }) => config_key)).size > 1 ? { rtfx: null, wer: null } : scoreOf(scored)),
        status,
        trials: counted.length,
        ...(exit_code !== null && { exit_code }),
      });
    },
  };
}

/** Over several trials: all seconds of audio over all seconds of processing, all errors over all words. */
function scoreOf(trials: readonly TrialRecord[]): Score {
  const answered = trials.filter(({ status }) => status === "ok");
  const sum = (value: (trial: TrialRecord) => number) => answered.reduce((all, trial) => all + value(trial), 0);
  const seconds = sum(({ timing }) => timing.total_s);
  const words = sum(({ metrics }) => metrics.words ?? 0);
  return {
    rtfx: seconds > 0 ? sum(({ workload }) => workload.audio_s) / seconds : null,
    wer: words > 0 ? sum(({ metrics }) => metrics.errors ?? 0) / words : null,
  };
}
