/** The alignment view: what was said beside what was heard, for the script to fill. */
import { type Element, h } from "../node.ts";
import type { RunReport } from "../run-report.ts";

export function mistakesSection({ summary, mistakes }: RunReport): Element | null {
  if (mistakes.texts === 0) return null;
  const labels = summary.configs.map(({ label }, place) => ({ label, place }));
  const withErrors = new Set(mistakes.shown.flatMap(({ configs }) => configs));
  const left = mistakes.found - mistakes.shown.length;
  return h(
    "section",
    { id: "errors" },
    h("h2", {}, "Errors"),
    h(
      "p",
      { class: "about" },
      `${mistakes.found} of ${mistakes.texts} different texts have word errors, as they are after normalization. `,
      h(
        "span",
        { class: "aligned key" },
        h("span", { class: "sub" }, h("span", { class: "said" }, "said"), h("span", { class: "heard" }, "heard")),
        " substituted, ",
        h("del", {}, "missing"),
        " deleted, ",
        h("ins", {}, "added"),
        " inserted.",
      ),
      left > 0 && ` The ${left} with the fewest errors are left out here.`,
    ),
    mistakes.shown.length > 0 && [
      h(
        "form",
        { class: "controls" },
        h(
          "label",
          {},
          "run config ",
          h(
            "select",
            { id: "mistakes-config" },
            h("option", { value: "" }, "all"),
            ...labels
              .filter(({ place }) => withErrors.has(place))
              .map(({ label, place }) => h("option", { value: place }, label)),
          ),
        ),
        h(
          "label",
          {},
          "by ",
          h(
            "select",
            { id: "mistakes-order" },
            ...["errors", "rate", "substitutions", "deletions", "insertions", "item"].map((order) =>
              h("option", { value: order }, order),
            ),
          ),
        ),
        h(
          "label",
          {},
          "with ",
          h("input", { id: "mistakes-search", type: "search", placeholder: "a word or an item" }),
        ),
        h("output", { id: "mistakes-count" }),
      ),
      h("ol", { id: "mistakes-list", class: "mistakes" }),
      h("button", { id: "mistakes-more", class: "more", type: "button", hidden: true }, "Show more"),
    ],
  );
}
