/** A run's report in Markdown, for the summary of a CI job. */
import type { Comparison } from "../compare/compare.ts";
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
import { failureLines } from "./terminal.ts";
import { notesBeside, type VerdictLine, verdictLines } from "./verdict-lines.ts";

export function renderMarkdown(summary: RunSummary, { comparison }: { comparison: Comparison | null }): string {
  const { environment, error } = summary;
  return [
    `## ${escapeMarkdown(summary.name)}: ${comparison === null ? summary.status : comparison.outcome}`,
    [
      `${escapeMarkdown(summary.run_id)}, ${summary.status}, ${durationText(summary)}`,
      escapeMarkdown([environment.cpu_model, `${environment.cpus} CPUs`, ...environment.gpus].join(", ")),
      `${summary.scenario}, ${summary.items} items, ${summary.audio_s.toFixed(0)} s of audio`,
    ].join("; "),
    ...(error === null ? [] : [`It failed: ${escapeMarkdown(error)}`]),
    ...(comparison === null ? [] : [verdictList(comparison, summary)]),
    headline(summary),
    list([...unsupportedLines(summary), ...failureLines(summary)]),
  ]
    .filter((part) => part !== "")
    .map((part) => `${part}\n`)
    .join("\n");
}

function headline({ configs }: RunSummary): string {
  const shown = configs.filter(isSupported);
  const names = measuredMetrics(shown, headlineMetrics);
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    row(["run config", "trials", ...names.map((name) => infoOf(name).title)]),
    row([":---", "---:", ...names.map(() => "---:")]),
    ...shown.map((config) =>
      row([escapeMarkdown(config.label), trialsText(config), ...names.map((name) => plainMetric(name, config))]),
    ),
  ].join("\n");
}

/** What needs attention first; what is unchanged folded away. */
function verdictList(comparison: Comparison, summary: RunSummary): string {
  const { reasons, gates, outcome, exit_code } = comparison;
  const lines = verdictLines(comparison);
  const unchanged = lines.filter(({ verdict }) => verdict === "unchanged");
  const order = ["regression", "inconclusive", "improvement"];
  const others = lines
    .filter(({ verdict }) => verdict !== "unchanged")
    .toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
  const held = gates.filter((gate) => gate.outcome !== "pass");
  return [
    `Verdict: **${outcome}** (exit code ${exit_code}); ${gates.length === 0 ? "no gates to hold" : `${gates.length - held.length} of ${gates.length} gates passed`}.`,
    list([
      ...reasons.map((reason) => `Why: ${reason}`),
      ...held.map(({ gate, label, outcome: own, message }) => `gate ${gate.metric}, ${label}: ${own}: ${message}`),
    ]),
    verdicts(others),
    unchanged.length === 0
      ? ""
      : `<details><summary>${unchanged.length} unchanged</summary>\n\n${verdicts(unchanged)}\n\n</details>`,
    list(notesBeside(comparison, summary)),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

function verdicts(lines: readonly VerdictLine[]): string {
  return lines
    .map(({ subject, text, verdict, remedy }) => {
      const more = remedy === null ? "" : `, ${escapeMarkdown(remedy)}`;
      return `- ${escapeMarkdown(subject)}: ${escapeMarkdown(text)}: **${verdict}**${more}`;
    })
    .join("\n");
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${escapeMarkdown(line)}`).join("\n");
}

/** Text that is meant as such: nothing in it is a table's edge, a tag or a mark of emphasis. */
function escapeMarkdown(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll(/[\\`*_[\]|~#@]/g, (mark) => `\\${mark}`);
}
