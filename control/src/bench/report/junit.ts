/** A run's report as JUnit XML: a test case for each gate and run config, and one for the run itself. */
import type { Comparison } from "../compare/compare.ts";
import type { GateResult } from "../compare/gate-result.ts";
import type { Gate } from "../definition/schema.ts";
import { type Element, h, renderNode } from "./node.ts";
import type { RunSummary } from "./summary.ts";
import { sentenceOf, verdictLines } from "./verdict-lines.ts";

/** Valid for the schema of Jenkins and for that of Ant; inconclusive and refused gates are skipped tests. */
export function renderJunit(summary: RunSummary, { comparison }: { comparison: Comparison | null }): string {
  const className = `benchmark.${summary.name}`;
  const cases = [
    runCase(summary, { className, reasons: comparison?.reasons ?? [] }),
    ...(comparison?.gates ?? []).map((result) => gateCase(result, className)),
  ];
  const counts = {
    tests: cases.length,
    failures: count(cases, "failure"),
    errors: count(cases, "error"),
    skipped: count(cases, "skipped"),
  };
  const suite = h(
    "testsuite",
    {
      name: xmlText(summary.name),
      id: 0,
      package: "benchmark",
      // Ant's schema has neither a zone nor fractions.
      timestamp: summary.started.slice(0, 19),
      hostname: xmlText(summary.environment.host) || "unknown",
      ...counts,
      time: secondsOf(summary),
    },
    h("properties", {}, ...propertiesOf(summary)),
    ...cases,
    h("system-out", {}, comparison === null ? "" : xmlText(verdictText(comparison))),
    h("system-err", {}, ""),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n${renderNode(h("testsuites", {}, suite))}\n`;
}

function runCase(
  { status, error }: RunSummary,
  { className, reasons }: { className: string; reasons: readonly string[] },
): Element {
  const wrong = [
    ...(status === "complete" ? [] : [error === null ? `it is ${status}` : `it failed: ${error}`]),
    ...reasons,
  ];
  return testCase("the run is valid", {
    className,
    outcome: wrong.length === 0 ? null : h("error", { type: "invalid", message: xmlText(wrong.join("; ")) }),
  });
}

function gateCase({ gate, label, reference, outcome, message }: GateResult, className: string): Element {
  const attributes = { type: outcome, message: xmlText(message) };
  const outcomes = {
    pass: null,
    regression: h("failure", attributes, xmlText(message)),
    unmeasured: h("error", attributes, xmlText(message)),
    // Ant's schema knows no attribute of it but this one.
    inconclusive: h("skipped", { message: xmlText(`inconclusive: ${message}`) }),
    refused: h("skipped", { message: xmlText(`refused: ${message}`) }),
  };
  const against = reference === null ? "" : ` against ${reference}`;
  return testCase(`${label}: ${gateText(gate)}${against}`, { className, outcome: outcomes[outcome] });
}

function gateText(gate: Gate): string {
  if ("tolerance" in gate) return `${gate.metric} within ${Number((100 * gate.tolerance).toPrecision(6))} %`;
  const bounds = [
    ...(gate.at_least === undefined ? [] : [`at least ${gate.at_least}`]),
    ...(gate.at_most === undefined ? [] : [`at most ${gate.at_most}`]),
  ];
  return `${gate.metric} ${bounds.join(" and ")}`;
}

function testCase(name: string, { className, outcome }: { className: string; outcome: Element | null }): Element {
  return h("testcase", { classname: xmlText(className), name: xmlText(name), time: 0 }, outcome);
}

function propertiesOf({ run_id, environment_key, plan_hash, scenario, provenance }: RunSummary): Element[] {
  const facts = { run_id, environment_key, plan_hash, scenario, commit: provenance.commit ?? "unknown" };
  return Object.entries(facts).map(([name, value]) => h("property", { name, value: xmlText(value) }));
}

function verdictText(comparison: Comparison): string {
  const lines = verdictLines(comparison).map(sentenceOf);
  return [...lines, ...comparison.notes, `verdict: ${comparison.outcome}`].join("\n");
}

function count(cases: readonly Element[], tag: string): number {
  return cases.filter(({ children }) =>
    children.some((child) => child !== null && typeof child === "object" && "tag" in child && child.tag === tag),
  ).length;
}

function secondsOf({ started, ended }: RunSummary): string {
  return ended === null ? "0" : ((Date.parse(ended) - Date.parse(started)) / 1000).toFixed(3);
}

/** Without the characters that XML 1.0 cannot hold, even escaped, and without halves of surrogate pairs. */
function xmlText(text: string): string {
  return text.toWellFormed().replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");
}
