/** A run's report for a terminal of 100 columns: figures, verdicts as sentences, and what a reader must know of them. */
import type { Comparison } from "../compare/compare.ts";
import type { GateResult } from "../compare/gate-result.ts";
import {
  durationText,
  headlineMetrics,
  isSupported,
  measuredMetrics,
  plainMetric,
  trialsText,
  unsupportedLines,
} from "./headline.ts";
import { infoOf } from "./metrics.ts";
import type { RunSummary } from "./summary.ts";
import { textTable, wrapText } from "./text-table.ts";
import { notesBeside, sentenceOf, type VerdictLine, verdictLines } from "./verdict-lines.ts";

/** `comparison` is null where nothing was compared. */
export function renderTerminal(
  summary: RunSummary,
  { comparison, width = 100 }: { comparison: Comparison | null; width?: number },
): string {
  const wrap = (text: string) => wrapText(text, { width, indent: "  " });
  return [
    wrap(`${summary.name}  ${summary.run_id}  ${summary.status}, ${durationText(summary)}`),
    wrap(aboutRun(summary)),
    summary.error === null ? "" : wrap(`It failed: ${summary.error}`),
    "\n",
    headline(summary, width),
    ...unsupportedLines(summary).map((line) => wrap(line)),
    ...failureLines(summary).map((line) => wrap(line)),
    comparison === null ? "" : `\n${comparisonText(comparison, { summary, wrap })}`,
  ].join("");
}

function aboutRun({ environment, scenario, items, audio_s, environment_key }: RunSummary): string {
  const machine = [environment.cpu_model, `${environment.cpus} CPUs`, ...environment.gpus].join(", ");
  return `${machine}; ${scenario}, ${items} items, ${audio_s.toFixed(0)} s of audio; environment ${environment_key}`;
}

function headline({ configs }: RunSummary, width: number): string {
  const shown = configs.filter(isSupported);
  const names = measuredMetrics(shown, headlineMetrics);
  return textTable(
    [
      { head: "RUN CONFIG", align: "left", cells: shown.map(({ label }) => label) },
      { head: "TRIALS", align: "right", cells: shown.map(trialsText) },
      ...names.map((name) => ({
        head: headOf(infoOf(name).title),
        align: "right" as const,
        cells: shown.map((config) => plainMetric(name, config)),
      })),
    ],
    { width },
  );
}

/** p95 and RTFx have a case of their own. */
const headOf = (title: string) => (/^[a-z][a-z ]+$/.test(title) ? title.toUpperCase() : title);

export function failureLines({ configs }: RunSummary): string[] {
  return configs.flatMap(({ label, failures }) =>
    failures.map(({ status, code, message, count }) => `${label}: ${count} × ${status} (${code}): ${message}`),
  );
}

/** With more verdicts than these, those of nothing new are only counted. */
const mostLines = 16;

function comparisonText(
  comparison: Comparison,
  { summary, wrap }: { summary: RunSummary; wrap: (text: string) => string },
): string {
  const { outcome, exit_code, reasons, gates, baseline, candidate, machine } = comparison;
  const lines = verdictLines(comparison);
  const shown = lines.length <= mostLines ? lines : lines.filter(({ verdict }) => verdict !== "unchanged");
  const against = baseline.run_id === candidate.run_id ? "" : `Against ${baseline.label} (${baseline.run_id})`;
  return [
    against === "" ? "" : wrap(against),
    ...shown.map((line) => wrap(sentenceOf(line))),
    ...(shown.length === lines.length ? [] : [wrap(`Unchanged: ${unchangedCounts(lines)}.`)]),
    ...gates.map((gate) => wrap(gateLine(gate))),
    ...(machine === null
      ? []
      : [
          wrap(
            `This machine can tell a difference of ${(100 * machine.effect).toFixed(1)} % in ${machine.blocks} blocks.`,
          ),
        ]),
    ...notesBeside(comparison, summary).map((note) => wrap(`Note: ${note}.`)),
    ...reasons.map((reason) => wrap(`Why: ${reason}.`)),
    wrap(`Verdict: ${outcome}${gates.length === 0 ? ", no gates to hold" : ""} (exit code ${exit_code})`),
  ].join("");
}

/** "24 by speed, 24 by WER". */
function unchangedCounts(lines: readonly VerdictLine[]): string {
  const unchanged = lines.filter(({ verdict }) => verdict === "unchanged");
  const names = { speed: "speed", wer: "WER", cer: "CER" };
  return [...Map.groupBy(unchanged, ({ metric }) => metric)]
    .map(([metric, own]) => `${own.length} by ${names[metric]}`)
    .join(", ");
}

function gateLine({ gate, label, outcome, message, further }: GateResult): string {
  const more = further === null || outcome === "pass" ? "" : `; about ${further} more would tell`;
  return `gate ${gate.metric}, ${label}: ${outcome}: ${message}${more}`;
}
