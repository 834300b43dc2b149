/** The report of one run as one HTML file: figures, plots, what it got wrong, and what reproduces it. */
import { formatMetric } from "../format.ts";
import { inlineModules } from "../inline.ts";
import { type Child, type Element, h } from "../node.ts";
import type { RunReport } from "../run-report.ts";
import { renderPage } from "./document.ts";
import { overview, provenanceSection } from "./facts.ts";
import { metricTable } from "./metric-table.ts";
import { mistakesSection } from "./mistakes.ts";
import { historySection, latencySection, scatterSection, stagesSection } from "./plots.ts";
import { seriesOf } from "./series.ts";
import { verdictsSection } from "./verdicts.ts";

const entry = new URL("../browser/report.ts", import.meta.url);

export function renderRunPage(report: RunReport): string {
  const { summary, mistakes } = report;
  const sections = [
    verdictsSection(report),
    headlineSection(report),
    scatterSection(report),
    latencySection(report),
    stagesSection(report),
    accuracySection(report),
    coldSection(report),
    failuresSection(report),
    historySection(report),
    mistakesSection(report),
    provenanceSection(summary, report.definition),
  ].filter((section) => section !== null);
  return renderPage({
    title: `${summary.name}, ${summary.started.slice(0, 10)}: benchmark report`,
    body: [
      h("a", { class: "skip", href: "#headline" }, "Skip to the figures"),
      h(
        "header",
        {},
        h("p", { class: "kind" }, "hum-helix benchmark report"),
        h("h1", {}, summary.name),
        overview(summary),
        h("nav", { "aria-label": "Sections" }, ...sections.map(linkTo)),
      ),
      h("main", {}, ...sections),
    ],
    data: { labels: summary.configs.map(({ label }) => label), mistakes: mistakes.shown },
    script: inlineModules(entry),
  });
}

function linkTo(section: Element): Child {
  const head = section.children.find((child) => typeof child === "object" && child !== null && "tag" in child);
  return h("a", { href: `#${section.attributes.id}` }, head === undefined ? "" : (head as Element).children);
}

function headlineSection(report: RunReport): Element {
  return h(
    "section",
    { id: "headline" },
    h("h2", {}, "Headline"),
    metricTable(report.summary.configs, {
      caption: "Every run config of the run; small figures are 95 % intervals. A head sorts by its column.",
      series: seriesOf(report),
      names: [
        "rtfx",
        "latency_median_s",
        "latency_p90_s",
        "latency_p95_s",
        "latency_p99_s",
        "first_segment_median_s",
        "requests_per_s",
        "sustainable_rate",
        "wer",
        "rss_peak_bytes",
        "cpu_s_per_audio_s",
        "gpu_memory_peak_bytes",
        "gpu_energy_j_per_audio_s",
      ],
    }),
  );
}

function accuracySection(report: RunReport): Element | null {
  const configs = report.summary.configs.filter(
    ({ metrics }) => metrics.wer !== null || metrics.hallucination_rate !== null,
  );
  if (configs.length === 0) return null;
  return h(
    "section",
    { id: "accuracy" },
    h("h2", {}, "Accuracy"),
    metricTable(configs, {
      caption: `Pooled over all trials, normalized by ${report.summary.normalizers.join(", ")}.`,
      series: seriesOf(report),
      names: [
        "wer",
        "words",
        "substitutions",
        "deletions",
        "insertions",
        "wer_raw",
        "cer",
        "hallucination_rate",
        "hallucinated_wpm",
        "repeated_5grams",
        "nondeterministic_items",
      ],
    }),
  );
}

function coldSection(report: RunReport): Element | null {
  const configs = report.summary.configs.filter(({ metrics }) => metrics.first_inference_s !== null);
  if (configs.length === 0) return null;
  return h(
    "section",
    { id: "cold" },
    h("h2", {}, "Cold path"),
    metricTable(configs, {
      caption: "From the start of a process to its steady state; medians.",
      series: seriesOf(report),
      names: ["process_start_s", "load_s", "first_inference_s", "latency_median_s"],
    }),
  );
}

function failuresSection({ summary }: RunReport): Element | null {
  const failures = summary.configs.flatMap(({ label, failures: own }) => own.map((failure) => ({ label, ...failure })));
  if (failures.length === 0) return null;
  return h(
    "section",
    { id: "failures" },
    h("h2", {}, "Failures"),
    h(
      "div",
      { class: "wide" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...["run config", "status", "code", "times", "first message"].map((title) =>
              h("th", { scope: "col" }, title),
            ),
          ),
        ),
        h(
          "tbody",
          {},
          ...failures.map(({ label, status, code, count, message }) =>
            h(
              "tr",
              {},
              h("th", { scope: "row" }, label),
              h("td", {}, status),
              h("td", {}, h("code", {}, code)),
              h("td", { class: "number" }, formatMetric("words", count)),
              h("td", { class: "message" }, message),
            ),
          ),
        ),
      ),
    ),
  );
}
