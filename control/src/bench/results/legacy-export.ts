/** Hands results out as the flat list of the old kind, for what still reads that. */
import { runParameters } from "../definition/run-config.ts";
import { formatList } from "./format.ts";
import { type LegacyRow, legacyParameters } from "./legacy-rows.ts";
import { rowOf } from "./legacy-trial.ts";
import type { Results } from "./reader.ts";
import type { TrialRecord } from "./record.ts";

/** `notes` tell what the list has no place for. */
export function exportLegacy({ run, trials }: Pick<Results, "run" | "trials">): {
  text: string;
  rows: LegacyRow[];
  notes: string[];
} {
  const items = new Map(run.items.map((item) => [item.key, item]));
  const rows: LegacyRow[] = [];
  const left = new Map<string, number>();
  const leave = (what: string) => left.set(what, (left.get(what) ?? 0) + 1);
  for (const trial of trials) {
    const item = items.get(trial.workload.item ?? "");
    const reason = reasonAgainst(trial);
    if (reason !== null) leave(reason);
    else if (item === undefined) leave("of many requests");
    else rows.push(rowOf(trial, item));
  }
  const notes = [...left].map(([what, count]) => `${count} of ${trials.length} trials are left out: ${what}`);
  return { text: formatList(rows), rows, notes: [...notes, ...hidden(trials)] };
}

/** A row that lacked its times is a row again. */
function reasonAgainst({ warmup, status, error }: TrialRecord): string | null {
  if (warmup) return "warm-up";
  return status === "ok" || error?.code === "incomplete" ? null : `status ${status}`;
}

/** Run configs that differ only in these look alike in the list, which would be averaged as one. */
function hidden(trials: readonly TrialRecord[]): string[] {
  const kept: readonly string[] = legacyParameters;
  const others = runParameters.filter(
    (name) =>
      !kept.includes(name) && new Set(trials.map(({ run_config }) => JSON.stringify(run_config[name]))).size > 1,
  );
  const suts = new Set(trials.map(({ sut }) => sut)).size > 1 ? ["sut"] : [];
  const lost = [...suts, ...others];
  return lost.length === 0 ? [] : [`the list has no place for ${lost.join(", ")}, in which these trials differ`];
}
