/** How far a run is, and when it will be done by the pace so far. */

export type RunProgress =
  | { step: "opening"; label: string; trials: TrialCount }
  | { step: "warmup"; label: string; trials: TrialCount }
  | { step: "trial"; label: string; item: string | null; trials: TrialCount }
  /** Which verdicts were not decided, so that blocks are added up to `most`. */
  | { step: "extending"; undecided: number; trials: TrialCount };

export interface TrialCount {
  done: number;
  planned: number;
  /** Null until there is a pace. */
  remaining_s: number | null;
}

export interface Pace {
  count(): TrialCount;
  /** `seconds` of wall clock, all that belongs to the trial. */
  add(weight: number, seconds: number): void;
  extend(weights: readonly number[]): void;
  /** One that cannot be run. */
  drop(weight: number): void;
}

/** By seconds of audio: trials of long files take longer than those of short ones. Every trial costs a little besides. */
export function createPace(weights: readonly number[]): Pace {
  const state = { done: 0, planned: weights.length, left: sum(weights), weighed: 0, spent_s: 0 };
  return {
    count: () => ({
      done: state.done,
      planned: state.planned,
      remaining_s: state.weighed === 0 ? null : (state.spent_s / state.weighed) * Math.max(0, state.left),
    }),
    add(weight, seconds) {
      state.done += 1;
      state.left -= weight;
      state.weighed += weight;
      state.spent_s += seconds;
    },
    extend(more) {
      state.planned += more.length;
      state.left += sum(more);
    },
    drop(weight) {
      state.planned -= 1;
      state.left -= weight;
    },
  };
}

const sum = (weights: readonly number[]) => weights.reduce((all, weight) => all + weight, 0);
