/** How long a run will take yet, from what its steps took before, and from a guess where they did not run yet. */

export interface Step {
  /** The same step of every block has the same. */
  key: string;
  guessS: number;
}

export interface Estimate {
  /** The next of the steps has taken so long. */
  took(seconds: number): void;
  /** Of the steps that are left. */
  leftS(): number;
}

export function createEstimate(steps: readonly Step[]): Estimate {
  const took = new Map<string, number[]>();
  let done = 0;
  let guessedS = 0;
  let neededS = 0;
  return {
    took(seconds) {
      const step = steps[done];
      if (step === undefined) return;
      took.getOrInsertComputed(step.key, () => []).push(seconds);
      guessedS += step.guessS;
      neededS += seconds;
      done += 1;
    },
    leftS() {
      // A machine that is twice as slow as the guess for the first steps will be so for the others.
      const pace = guessedS > 0 ? neededS / guessedS : 1;
      return steps.slice(done).reduce((sum, { key, guessS }) => {
        const known = took.get(key);
        return sum + (known === undefined ? guessS * pace : known.reduce((a, b) => a + b, 0) / known.length);
      }, 0);
    },
  };
}

export const inWords = (seconds: number) =>
  seconds < 90 ? `${Math.max(1, Math.round(seconds / 10)) * 10} s` : `${Math.round(seconds / 60)} min`;
