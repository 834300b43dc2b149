/** A table with a row for each run config and a column for each metric that any of them has. */
import type { ConfigSummary } from "../config-summary.ts";
import { formatMetric, formatNumber, nothing } from "../format.ts";
import { infoOf, type MetricName } from "../metrics.ts";
import { type Child, type Element, h } from "../node.ts";
import { mark, seriesClass } from "../plot/frame.ts";

export interface TableOptions {
  caption: string;
  /** Places of the SUTs among the series of the plots. */
  series: ReadonlyMap<string, number>;
  /** Columns after the metrics. */
  further?: { title: string; cell: (config: ConfigSummary) => Child }[];
}

export function metricTable(
  configs: readonly ConfigSummary[],
  { names, caption, series, further = [] }: TableOptions & { names: readonly MetricName[] },
): Element {
  const measured = names.filter((name) => configs.some(({ metrics }) => metrics[name] !== null));
  return h(
    "div",
    { class: "wide", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      { class: "sortable" },
      h("caption", {}, caption),
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          sortHead("run config", { better: "neither" }),
          sortHead("trials", { better: "higher", number: true, title: "Trials that count, and those that failed" }),
          ...measured.map((name) => {
            const { title, better, about } = infoOf(name);
            return sortHead(title, { better, number: true, title: about });
          }),
          ...further.map(({ title }) => h("th", { scope: "col" }, title)),
        ),
      ),
      h(
        "tbody",
        {},
        ...configs.map((config) =>
          h(
            "tr",
            { class: seriesClass(series.get(config.sut) ?? 0) },
            h(
              "th",
              { scope: "row", "data-value": config.label },
              h(
                "svg",
                { viewBox: "-8 -8 16 16", width: 12, height: 12, "aria-hidden": "true" },
                mark(series.get(config.sut) ?? 0),
              ),
              ` ${config.label}`,
            ),
            config.unsupported.length > 0
              ? h(
                  "td",
                  { class: "unsupported", colspan: measured.length + 1 + further.length },
                  `unsupported: ${config.sut} cannot be told ${config.unsupported.join(", ")}`,
                )
              : [
                  trialsCell(config),
                  ...measured.map((name) => metricCell(config, name)),
                  ...further.map(({ cell }) => h("td", {}, cell(config))),
                ],
          ),
        ),
      ),
    ),
  );
}

function sortHead(
  text: string,
  { better, number = false, title }: { better: string; number?: boolean; title?: string },
): Element {
  return h(
    "th",
    { scope: "col", class: number ? "number" : null, "data-better": better, title },
    h("button", { type: "button" }, text),
  );
}

function trialsCell({ trials }: ConfigSummary): Element {
  const failed = trials.error + trials.timeout + trials.invalid;
  return h(
    "td",
    { class: "number", "data-value": trials.ok },
    String(trials.ok),
    failed > 0 && h("small", { class: "bad" }, `${failed} failed`),
  );
}

function metricCell({ metrics, intervals }: ConfigSummary, name: MetricName): Element {
  const value = metrics[name];
  const interval = intervals[name];
  return h(
    "td",
    { class: "number", "data-value": value },
    formatMetric(name, value),
    interval !== undefined && h("small", {}, formatInterval(name, interval)),
  );
}

/** The unit stands once: "4.10–5.32 %". */
function formatInterval(name: MetricName, { low, high }: { low: number; high: number }): string {
  const { format } = infoOf(name);
  const [from, to] = [formatNumber(format, low), formatNumber(format, high)];
  if (from === nothing || to === nothing) return "";
  const unit = /\u00a0\D+$/.exec(to)?.[0] ?? "";
  return `${unit !== "" && from.endsWith(unit) ? from.slice(0, -unit.length) : from}–${to}`;
}
