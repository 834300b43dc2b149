/** The script of a run's report: details of points, sorted tables, and the alignment view. */
import { alignmentRow } from "../html/alignment.ts";
import type { Mistake } from "../mistake.ts";
import { installSorting } from "./sort-table.ts";
import { byId, toDom } from "./to-dom.ts";
import { installTooltip } from "./tooltip.ts";

interface ReportData {
  labels: string[];
  mistakes: Mistake[];
}

const pageSize = 50;

const orders: Record<string, (a: Mistake, b: Mistake) => number> = {
  errors: (a, b) => countErrors(b) - countErrors(a),
  rate: (a, b) => countErrors(b) / Math.max(1, b.words) - countErrors(a) / Math.max(1, a.words),
  substitutions: (a, b) => b.substitutions - a.substitutions,
  deletions: (a, b) => b.deletions - a.deletions,
  insertions: (a, b) => b.insertions - a.insertions,
  item: (a, b) => a.item.localeCompare(b.item),
};

function countErrors({ substitutions, deletions, insertions }: Mistake): number {
  return substitutions + deletions + insertions;
}

function installAlignments({ labels, mistakes }: ReportData): void {
  const config = byId("mistakes-config") as HTMLSelectElement;
  const order = byId("mistakes-order") as HTMLSelectElement;
  const search = byId("mistakes-search") as HTMLInputElement;
  const list = byId("mistakes-list");
  const more = byId("mistakes-more");
  const count = byId("mistakes-count");
  let chosen: Mistake[] = [];
  const append = () => {
    const start = list.children.length;
    list.append(
      ...chosen.slice(start, start + pageSize).map((mistake) =>
        toDom(
          alignmentRow(
            mistake,
            mistake.configs.map((place) => labels[place] ?? ""),
          ),
        ),
      ),
    );
    more.hidden = list.children.length >= chosen.length;
  };
  const show = () => {
    const wanted = search.value.trim().toLowerCase();
    chosen = mistakes
      .filter((mistake) => config.value === "" || mistake.configs.includes(Number(config.value)))
      .filter(
        ({ item, pieces }) =>
          wanted === "" ||
          item.toLowerCase().includes(wanted) ||
          pieces.some((piece) => piece.some((text) => text.toLowerCase().includes(wanted))),
      )
      .toSorted(orders[order.value]);
    list.replaceChildren();
    append();
    count.textContent = `${chosen.length} of ${mistakes.length}`;
  };
  config.addEventListener("change", show);
  order.addEventListener("change", show);
  search.addEventListener("input", show);
  more.addEventListener("click", append);
  show();
}

/** Paper has nothing to open. */
function installPrinting(): void {
  addEventListener("beforeprint", () => {
    for (const folded of document.querySelectorAll<HTMLDetailsElement>("section:not(#provenance) details"))
      folded.open = true;
  });
}

installTooltip();
installSorting();
installPrinting();
const reportData = JSON.parse(byId("data").textContent ?? "") as ReportData;
if (reportData.mistakes.length > 0) installAlignments(reportData);
