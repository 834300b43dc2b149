/**
 * The columns of an edit-distance matrix, 32 rows at once: Myers (1999) in blocks, as Hyyrö (2003) has it, in Ukkonen's band.
 *
 * Rows are the reference's tokens, columns the hypothesis's. A cell holds the least number of edits between the first so
 * many tokens of each. Neighbouring cells differ by one at most, so that a bit each tells a step up and a step down.
 */

/** Memory: 8 bytes for 32 rows, and at most 20 bytes a row for the places of tokens. */
export interface Columns {
  readonly rows: number;
  readonly blocks: number;
  /** Cells farther from the diagonal are not looked at: a distance of at most this many edits is exact. */
  readonly band: number;
  /** Of the newest column: the cells that are one more than the cell above, and those that are one less. */
  readonly more: Int32Array;
  readonly less: Int32Array;
  readonly places: Places;
}

/** Where each token is in the reference, as a bit for each row. */
interface Places {
  readonly frequent: ReadonlyMap<number, Int32Array>;
  /** The rows of the other tokens: their bits are made in `scratch` for one column, and taken out again. */
  readonly rare: ReadonlyMap<number, readonly number[]>;
  readonly scratch: Int32Array;
}

/** Of each column, for the way back: the bits `more`, and those of cells that are as the one up and left of them. */
export interface Trace {
  readonly more: Int32Array;
  readonly diagonal: Int32Array;
}

export const rowsPerBlock = 32;

/** Before the first column: each cell is one more than the cell above. */
export function createColumns(reference: Int32Array, band: number): Columns {
  const blocks = Math.ceil(reference.length / rowsPerBlock);
  return {
    rows: reference.length,
    blocks,
    band,
    more: new Int32Array(blocks).fill(-1),
    less: new Int32Array(blocks),
    places: findPlaces(reference, blocks),
  };
}

function findPlaces(reference: Int32Array, blocks: number): Places {
  const rows = Map.groupBy(reference.keys(), (row) => reference[row] ?? 0);
  const isFrequent = (count: number) => count * 4 >= blocks;
  const frequent = new Map<number, Int32Array>();
  for (const [token, tokenRows] of rows) {
    if (!isFrequent(tokenRows.length)) continue;
    const places = new Int32Array(blocks);
    setBits(places, tokenRows);
    frequent.set(token, places);
    rows.delete(token);
  }
  return { frequent, rare: rows, scratch: new Int32Array(blocks) };
}

function setBits(places: Int32Array, rows: readonly number[]): void {
  for (const row of rows) places[row >> 5] = (places[row >> 5] ?? 0) | (1 << (row & 31));
}

/** The last block that is looked at in a column; columns count from 1. */
export function lastBlock({ band, blocks }: Columns, column: number): number {
  return Math.min(blocks - 1, (column + band - 1) >> 5);
}

/**
 * Makes the next column. Answers how the lowest cell in the band differs from its left neighbour: -1, 0 or 1.
 * `trace` gets the column's bits from index `offset` on.
 */
export function advance(
  columns: Columns,
  { column, token, trace, offset = 0 }: { column: number; token: number; trace?: Trace; offset?: number },
): number {
  const { more, less, places, band, rows } = columns;
  const rare = places.frequent.has(token) ? undefined : places.rare.get(token);
  if (rare !== undefined) setBits(places.scratch, rare);
  const equal = places.frequent.get(token) ?? places.scratch;
  const last = lastBlock(columns, column);
  const lowest = Math.min(rows, (last + 1) * rowsPerBlock) - 1;
  // Above the band, as above the matrix, each cell counts as one more than its left neighbour.
  let step = 1;
  for (let block = Math.max(0, (column - band - 1) >> 5); block <= last; block += 1) {
    const up = more[block] ?? 0;
    const down = less[block] ?? 0;
    const fell = step < 0 ? 1 : 0;
    const match = (equal[block] ?? 0) | fell;
    const spread = ((((match & up) + up) | 0) ^ up) | match;
    const diagonal = spread | down;
    const right = down | ~(spread | up);
    const left = up & spread;
    const rose = step > 0 ? 1 : 0;
    const bit = block === last ? lowest & 31 : 31;
    step = ((right >>> bit) & 1) - ((left >>> bit) & 1);
    const shiftedRight = (right << 1) | rose;
    const vertical = (equal[block] ?? 0) | down;
    const newMore = (left << 1) | fell | ~(vertical | shiftedRight);
    more[block] = newMore;
    less[block] = shiftedRight & vertical;
    if (trace !== undefined) {
      trace.more[offset + block] = newMore;
      trace.diagonal[offset + block] = diagonal;
    }
  }
  if (rare !== undefined) for (const row of rare) places.scratch[row >> 5] = 0;
  return step;
}
