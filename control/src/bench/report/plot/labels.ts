/** Labels beside points, placed where they cover neither a point nor another label. */

interface Point {
  x: number;
  y: number;
  text: string;
  /** "" for a point that is only in the way; a label that finds no free place is left out, unless it must be there. */
  must: boolean;
}

export interface Label {
  x: number;
  y: number;
  text: string;
  anchor: "start" | "end";
}

interface Area {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Of the plot's typeface, in pixels: a little more than the mean, so that labels rarely touch. */
const characterWidth = 6.1;
const lineHeight = 13;
const gap = 9;

/** Beside, above and below on either side; the first that is free is taken. */
const places = [
  { dx: -gap + 3, dy: -6, anchor: "end" },
  { dx: gap - 3, dy: -6, anchor: "start" },
  { dx: gap, dy: 4, anchor: "start" },
  { dx: -gap, dy: 4, anchor: "end" },
  { dx: gap - 3, dy: 15, anchor: "start" },
  { dx: -gap + 3, dy: 15, anchor: "end" },
  { dx: gap - 3, dy: -20, anchor: "start" },
  { dx: gap - 3, dy: 29, anchor: "start" },
] as const;

export function placeLabels(points: readonly Point[], { within }: { within: Area }): Label[] {
  const taken: Area[] = points.map(({ x, y }) => ({ left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 }));
  const labels: Label[] = [];
  const named = points.filter(({ text }) => text !== "");
  for (const point of [...named.filter(({ must }) => must), ...named.filter(({ must }) => !must)]) {
    const options = places.map(({ dx, dy, anchor }) => ({
      x: point.x + dx,
      y: point.y + dy,
      text: point.text,
      anchor,
    }));
    const inside = options.filter((label) => contains(within, areaOf(label)));
    const free = inside.find((label) => taken.every((area) => !overlap(area, areaOf(label))));
    const label = free ?? (point.must ? (inside[0] ?? options[0]) : undefined);
    if (label === undefined) continue;
    labels.push(label);
    taken.push(areaOf(label));
  }
  return labels;
}

function areaOf({ x, y, text, anchor }: Label): Area {
  const width = text.length * characterWidth;
  const left = anchor === "start" ? x : x - width;
  return { left, right: left + width, top: y - lineHeight + 3, bottom: y + 3 };
}

function contains(outer: Area, inner: Area): boolean {
  return (
    inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom
  );
}

function overlap(a: Area, b: Area): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
