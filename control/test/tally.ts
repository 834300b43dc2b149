/** Counts of passed and failed tests, what failed and why, and the line with which every verb closes. */
import { appendFileSync } from "node:fs";

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

export interface Failure {
  /** Where it is: a path, a Python module, or the verb itself. */
  file: string;
  name: string;
  /** Of any length. */
  message: string;
}

export interface Outcome {
  tally: Tally;
  failures: readonly Failure[];
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

const shownLines = 14;
const shownCharacters = 300;

/** On several lines, for whoever reads the end of one verb. */
function show({ file, name, message }: Failure): string {
  const lines = message.trim().split("\n");
  const kept = lines.slice(0, shownLines).map((line) => `    ${line.slice(0, shownCharacters)}\n`);
  const rest = lines.length > shownLines ? `    ... ${lines.length - shownLines} more lines\n` : "";
  return `FAILED ${file}: ${name}\n${kept.join("")}${rest}`;
}

/** On one line, for whoever is left with the last lines of all verbs. */
function brief({ file, name, message }: Failure): string {
  const text = `FAILED ${file}: ${name}: ${message}`.replaceAll(/\s+/g, " ").trim();
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}...` : text;
}

/**
 * Ends a verb: prints what failed and its closing line, and sets the exit status; a run without any test has failed.
 * Under HUM_TALLY, a file, the line goes there instead, as JSON and after a line for each failure: only the sum of all
 * verbs may close the whole run.
 */
export function closeWith(verb: string, { tally, failures }: Outcome): void {
  process.stdout.write(failures.map((failure) => `\n${show(failure)}`).join(""));
  const file = process.env.HUM_TALLY;
  if (file === undefined) {
    process.stdout.write(`${failures.length === 0 ? "" : "\n"}${closingLine(tally)}\n`);
  } else {
    appendFileSync(file, [...failures.map(brief), JSON.stringify(tally), ""].join("\n"));
    process.stdout.write(`make ${verb}: ${closingLine(tally)}\n`);
  }
  process.exitCode = tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}
