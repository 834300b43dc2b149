/** The verdicts of a comparison: what it came to, gate by gate and pair by pair, and what a reader must know of it. */
import type { GateOutcome } from "../../compare/gate-result.ts";
import { type Element, h } from "../node.ts";
import type { RunReport } from "../run-report.ts";
import { notesBeside, type VerdictLine, verdictLines } from "../verdict-lines.ts";

/** Said by a mark as well as by a colour. */
const marks: Record<VerdictLine["verdict"] | GateOutcome, { mark: string; tone: string }> = {
  regression: { mark: "▼", tone: "bad" },
  unmeasured: { mark: "!", tone: "bad" },
  inconclusive: { mark: "?", tone: "unsure" },
  refused: { mark: "?", tone: "unsure" },
  improvement: { mark: "▲", tone: "good" },
  pass: { mark: "✓", tone: "good" },
  unchanged: { mark: "=", tone: "same" },
};
const worstFirst = Object.keys(marks);

export function verdictsSection({ comparison, summary }: RunReport): Element | null {
  if (comparison === null) return null;
  const { outcome, exit_code, candidate, baseline, machine, reasons, gates } = comparison;
  const lines = verdictLines(comparison).toSorted(
    (a, b) => worstFirst.indexOf(a.verdict) - worstFirst.indexOf(b.verdict),
  );
  const notes = notesBeside(comparison, summary);
  const loud = lines.filter(({ verdict }) => verdict !== "unchanged");
  const quiet = lines.filter(({ verdict }) => verdict === "unchanged");
  const passed = gates.filter((gate) => gate.outcome === "pass").length;
  return h(
    "section",
    { id: "verdicts" },
    h("h2", {}, "Verdicts"),
    h(
      "p",
      { class: "about" },
      h("strong", { class: outcome === "pass" ? "good" : outcome === "inconclusive" ? "unsure" : "bad" }, outcome),
      ` (exit code ${exit_code})`,
      gates.length > 0 ? `, ${passed} of ${gates.length} gates passed` : ", no gates to hold",
      baseline.run_id !== candidate.run_id && `, against ${baseline.label} (${baseline.run_id})`,
      machine !== null &&
        `; in ${machine.blocks} blocks this machine can tell a difference of ${(100 * machine.effect).toFixed(1)} %`,
      ".",
    ),
    reasons.length > 0 && h("ul", { class: "warning" }, ...reasons.map((reason) => h("li", {}, reason))),
    gates.length > 0 &&
      h(
        "ul",
        { class: "verdicts" },
        ...gates
          .toSorted((a, b) => worstFirst.indexOf(a.outcome) - worstFirst.indexOf(b.outcome))
          .map((gate) => verdictItem(gate.outcome, `gate ${gate.gate.metric}, ${gate.label}`, gate.message)),
      ),
    loud.length > 0 && [h("h3", {}, "Differences"), h("ul", { class: "verdicts" }, ...loud.map(lineItem))],
    quiet.length > 0 &&
      h(
        "details",
        { open: loud.length === 0 && quiet.length <= 12 },
        h("summary", {}, `${quiet.length} unchanged`),
        h("ul", { class: "verdicts" }, ...quiet.map(lineItem)),
      ),
    notes.length > 0 && h("ul", { class: "notes" }, ...notes.map((note) => h("li", {}, note))),
  );
}

function lineItem({ verdict, subject, text, remedy }: VerdictLine): Element {
  return verdictItem(verdict, subject, remedy === null ? text : `${text}; ${remedy}`);
}

function verdictItem(verdict: keyof typeof marks, subject: string, text: string): Element {
  const { mark, tone } = marks[verdict];
  return h(
    "li",
    {},
    h("span", { class: `badge ${tone}` }, h("span", { "aria-hidden": "true" }, `${mark} `), verdict),
    h("span", {}, h("strong", {}, subject), `: ${text}`),
  );
}
