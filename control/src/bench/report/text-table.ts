/** Tables of plain text that keep to a width: words to the left, numbers to the right, the least important column left out. */

export interface Column {
  head: string;
  align: "left" | "right";
  cells: readonly string[];
}

/** The first column is cut where nothing else can be left out; columns stand by falling importance. */
export function textTable(columns: readonly Column[], { width }: { width: number }): string {
  const kept = [...columns];
  while (kept.length > 2 && totalOf(kept) > width) kept.pop();
  const [first, ...rest] = kept;
  if (first === undefined) return "";
  const room = Math.max(leastFirst, width - totalOf(rest) - gap.length);
  const fitted = [{ ...first, cells: first.cells.map((cell) => shorten(cell, room)) }, ...rest];
  const widths = fitted.map(widthOf);
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, place) =>
        fitted[place]?.align === "right" ? cell.padStart(widths[place] ?? 0) : cell.padEnd(widths[place] ?? 0),
      )
      .join(gap)
      .trimEnd();
  const rows = first.cells.map((_, row) => fitted.map(({ cells }) => cells[row] ?? ""));
  return [fitted.map(({ head }) => head), ...rows].map((cells) => `${line(cells)}\n`).join("");
}

const gap = "  ";
const leastFirst = 24;

function widthOf({ head, cells }: Column): number {
  return Math.max(head.length, ...cells.map((cell) => cell.length));
}

/** With the first column at the least that it can be. */
function totalOf(columns: readonly Column[]): number {
  return columns.reduce(
    (sum, column, place) => sum + (place === 0 ? Math.min(usualFirst, widthOf(column)) : widthOf(column)) + gap.length,
    -gap.length,
  );
}

/** What tells run configs apart stands at their end: a label is cut in its middle. */
const usualFirst = 48;

function shorten(text: string, room: number): string {
  if (text.length <= room) return text;
  const tail = Math.floor((room - 1) * 0.6);
  return `${text.slice(0, room - 1 - tail)}…${text.slice(text.length - tail)}`;
}

/** Words of a text in lines that keep to a width; all but the first are indented. */
export function wrapText(text: string, { width, indent = "" }: { width: number; indent?: string }): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.trim() !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => `${each}\n`).join("");
}
