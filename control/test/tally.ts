/** Counts of passed and failed tests, and the line with which every verb closes. */
import { appendFileSync } from "node:fs";

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export function sum(tallies: readonly Tally[]): Tally {
  const total: Tally = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of tallies) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

function closingLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`;
}

/**
 * Ends a verb: prints its closing line and sets the exit status; a run without any test has failed.
 * Under HUM_TALLY, a file, the line goes there instead: only the sum of all verbs may close the whole run.
 */
export function closeWith(verb: string, tally: Tally): void {
  const file = process.env.HUM_TALLY;
  if (file === undefined) {
    process.stdout.write(`${closingLine(tally)}\n`);
  } else {
    appendFileSync(file, `${JSON.stringify(tally)}\n`);
    process.stdout.write(`make ${verb}: ${closingLine(tally)}\n`);
  }
  process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}
