/** A text that differs from what was said, as the pages have it. */

/** Equal words; or what was said with what was heard, of which one is "" for deletions and insertions. */
export type Piece = readonly [equal: string] | readonly [said: string, heard: string];

export interface Mistake {
  /** Places in the run's configs of those that gave this very text. */
  configs: number[];
  item: string;
  /** So many trials of them. */
  trials: number;
  words: number;
  substitutions: number;
  deletions: number;
  insertions: number;
  pieces: Piece[];
}
