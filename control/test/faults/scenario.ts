/** A scenario of the fault suite: one definition, run with few counts by the tests and with all of them by `make torture`. */
import type { Form } from "../form.ts";

/** What was looked for, what was seen, and what must hold. */
export interface Finding {
  what: string;
  seen: string;
  bound: string;
  isMet: boolean;
}

/** Where a scenario plays. */
export interface Stage {
  /** Empty, and removed afterwards. */
  dir: string;
  /** Progress, for whoever waits. */
  say(text: string): void;
  /** Done when the scenario is over, however it ends; the last first. */
  defer(undo: () => unknown): void;
}

export interface Scenario {
  /** Of the table in the design that the scenario proves. */
  row: number;
  title: string;
  timeoutMs: Readonly<Record<Form, number>>;
  run(form: Form, stage: Stage): Promise<Finding[]>;
}

export interface ScenarioPlan<Counts> extends Omit<Scenario, "run"> {
  counts: Readonly<Record<Form, Counts>>;
  play(counts: Counts, stage: Stage): Promise<Finding[]>;
}

export const scenario = <Counts>({ counts, play, ...rest }: ScenarioPlan<Counts>): Scenario => ({
  ...rest,
  run: (form, stage) => play(counts[form], stage),
});

interface Amount {
  unit?: string;
  digits?: number;
}

const format = (value: number, { unit = "", digits = 0 }: Amount) =>
  `${value.toFixed(digits)}${unit === "" ? "" : ` ${unit}`}`;

export function atMost(what: string, { seen, bound, ...amount }: { seen: number; bound: number } & Amount): Finding {
  return { what, seen: format(seen, amount), bound: `<= ${format(bound, amount)}`, isMet: seen <= bound };
}

export function atLeast(what: string, { seen, bound, ...amount }: { seen: number; bound: number } & Amount): Finding {
  return { what, seen: format(seen, amount), bound: `>= ${format(bound, amount)}`, isMet: seen >= bound };
}

export function holds(what: string, { seen, wanted }: { seen: string; wanted: string }): Finding {
  return { what, seen, bound: wanted, isMet: seen === wanted };
}

/** Each count of a verdict, all of which must be 0, in one finding. */
export function faultless(what: string, verdict: object): Finding {
  const counts = Object.entries(verdict) as [string, number][];
  const seen = counts.map(([name, count]) => `${count} ${name}`).join(", ");
  return { what, seen, bound: "0 of each", isMet: counts.every(([, count]) => count === 0) };
}

/** Asks again and again; rejects with what was waited for where that takes too long. */
export async function until(
  what: string,
  { holds: isSo, timeoutMs = 10_000, everyMs = 5 }: { holds: () => boolean; timeoutMs?: number; everyMs?: number },
): Promise<number> {
  const startedMs = performance.now();
  while (!isSo()) {
    if (performance.now() - startedMs > timeoutMs) throw new Error(`${what} has not come within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return performance.now() - startedMs;
}
