/** Lets the rows of a table be sorted by a column: by its numbers, the better end first, or by its words. */

/** Heads hold a button and say in data-better which end is first; cells hold their number in data-value. */
export function installSorting(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>("table.sortable")) {
    table.tHead?.addEventListener("click", ({ target }) => {
      const head = target instanceof Element ? target.closest("th") : null;
      if (head?.querySelector("button") != null) sortBy(table, head);
    });
  }
}

function sortBy(table: HTMLTableElement, head: HTMLTableCellElement): void {
  const first = head.dataset.better === "higher" ? "descending" : "ascending";
  const other = first === "ascending" ? "descending" : "ascending";
  const order = head.getAttribute("aria-sort") === first ? other : first;
  for (const cell of table.tHead?.rows[0]?.cells ?? []) cell.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", order);
  const column = head.cellIndex;
  for (const body of table.tBodies) {
    const rows = [...body.rows].map((row) => ({ row, cell: row.cells[column] }));
    rows.sort((a, b) => compareCells(a.cell, { with: b.cell, sign: order === "ascending" ? 1 : -1 }));
    body.append(...rows.map(({ row }) => row));
  }
}

/** What has no value is last in either order. */
function compareCells(
  a: HTMLTableCellElement | undefined,
  { with: b, sign }: { with: HTMLTableCellElement | undefined; sign: 1 | -1 },
): number {
  const [left, right] = [a?.dataset.value, b?.dataset.value];
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
  const [x, y] = [Number(left), Number(right)];
  if (Number.isNaN(x) || Number.isNaN(y)) return sign * left.localeCompare(right, undefined, { numeric: true });
  return sign * (x - y);
}
