/** A part of a whole as a bar of text and a percentage. */

const cells = 20;

/** `part` from 0 to 1; anything beyond is held there. */
export function progressBar(part: number): string {
  const held = Math.min(1, Math.max(0, part));
  const full = Math.floor(held * cells);
  return `[${"#".repeat(full)}${"-".repeat(cells - full)}] ${String(Math.floor(held * 100)).padStart(3)} %`;
}
