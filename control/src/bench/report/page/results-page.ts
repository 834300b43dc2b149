/** The results page of many runs as one HTML file: what a benchmark directory holds, to filter, average and compare. */
import { renderPage } from "../html/document.ts";
import { inlineModules } from "../inline.ts";
import { type Element, h } from "../node.ts";
import type { RunSummary } from "../summary.ts";
import { pageDataOf } from "./pack.ts";

const entry = new URL("../browser/results.ts", import.meta.url);

/** `unread` are files that could not be read, with the reason. */
export function renderResultsPage(
  summaries: readonly RunSummary[],
  { unread = [] }: { unread?: readonly { file: string; reason: string }[] } = {},
): string {
  const data = pageDataOf(summaries);
  return renderPage({
    title: `Benchmark results of ${data.runs.length} runs`,
    body: [
      h("a", { class: "skip", href: "#results" }, "Skip to the results"),
      h(
        "header",
        {},
        h("p", { class: "kind" }, "hum-helix"),
        h("h1", {}, "Benchmark results"),
        h(
          "p",
          { class: "about" },
          `${data.runs.length} runs, ${data.configs.length} run configs, ${data.rows.length} rows.`,
        ),
        unread.length > 0 &&
          h(
            "ul",
            { class: "warning" },
            ...unread.map(({ file, reason }) => h("li", {}, `${file} was left out: ${reason}`)),
          ),
        h(
          "nav",
          { "aria-label": "Sections" },
          h("a", { href: "#results" }, "Results"),
          h("a", { href: "#tradeoff" }, "Speed against errors"),
          h("a", { href: "#compare" }, "Two runs"),
          h("a", { href: "#history" }, "History"),
        ),
      ),
      h("noscript", {}, h("p", { class: "warning" }, "This page needs its script to show anything; it loads nothing.")),
      h("main", {}, results(), tradeoff(), comparison(), history()),
    ],
    data,
    script: inlineModules(entry),
  });
}

function results(): Element {
  return h(
    "section",
    { id: "results" },
    h("h2", {}, "Results"),
    h(
      "p",
      { class: "about" },
      "Nothing chosen on an axis means all of it. Averages are geometric means of speeds, times and sizes; errors are pooled by words; counts are sums.",
    ),
    h("form", { id: "filters", class: "filters" }),
    h("p", { id: "warning", class: "warning", role: "status", hidden: true }),
    h(
      "div",
      { class: "controls" },
      h("output", { id: "count" }),
      h("details", { id: "columns" }, h("summary", {}, "Columns")),
    ),
    h("div", { class: "wide", id: "table", tabindex: 0, role: "region", "aria-label": "Results" }),
    h("button", { id: "more", class: "more", type: "button", hidden: true }, "Show more"),
  );
}

function tradeoff(): Element {
  return h(
    "section",
    { id: "tradeoff" },
    h("h2", {}, "Speed against errors"),
    h(
      "p",
      { class: "about" },
      "The rows that are chosen above. The line is the Pareto front: no row beats one of it in both.",
    ),
    h("div", { id: "scatter" }),
  );
}

function comparison(): Element {
  return h(
    "section",
    { id: "compare" },
    h("h2", {}, "Two runs"),
    h(
      "p",
      { class: "about" },
      "Side by side, as they were measured; a difference of 5 % is marked. Whether it is more than noise is for hum-helix bench compare to say.",
    ),
    h(
      "form",
      { class: "controls" },
      h("label", {}, "first ", h("select", { id: "first" })),
      h("label", {}, "second ", h("select", { id: "second" })),
    ),
    h("div", { id: "compared" }),
  );
}

function history(): Element {
  return h(
    "section",
    { id: "history" },
    h("h2", {}, "History"),
    h(
      "p",
      { class: "about" },
      "One run config over the runs of a benchmark on one machine. A dashed line is a step (E-divisive, p at most 0.01).",
    ),
    h(
      "form",
      { class: "controls" },
      h("label", {}, "benchmark and machine ", h("select", { id: "line-of" })),
      h("label", {}, "run config ", h("select", { id: "line-config" })),
      h("label", {}, "metric ", h("select", { id: "line-metric" })),
    ),
    h("div", { id: "line" }),
  );
}
