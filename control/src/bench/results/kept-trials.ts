/** The trials of a run as they count: each once, however often it was repeated. */
import type { TrialRecord } from "./record.ts";

export interface KeptTrials {
  /** Of a trial that is there already, the first that was ok counts, or else the last. True where it is there already. */
  add(trial: TrialRecord): boolean;
  list(): TrialRecord[];
}

export function keepTrials(trials: readonly TrialRecord[] = []): KeptTrials {
  const kept = new Map(trials.map((trial) => [trial.trial_id, trial]));
  return {
    add(trial) {
      const other = kept.get(trial.trial_id);
      if (other?.status !== "ok") kept.set(trial.trial_id, trial);
      return other !== undefined;
    },
    list: () => [...kept.values()],
  };
}
