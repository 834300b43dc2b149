/** What a comparison came to, and the exit code that says so. */

export const exitCodes = {
  pass: 0,
  regression: 1,
  usage: 2,
  inconclusive: 3,
  invalid: 4,
  unavailable: 5,
  "not-comparable": 6,
} as const;

/** `usage` is the command line's own. */
export type ComparisonOutcome = Exclude<keyof typeof exitCodes, "usage">;
