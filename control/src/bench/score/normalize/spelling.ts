/** British spellings and the American ones in their place: Whisper's own table (see its source and licence in the file). */
import data from "./spellings.json" with { type: "json" };

/** As published: "archaeology" has a piece of HTML in its place. */
export const whisperSpellings: ReadonlyMap<string, string> = new Map(Object.entries(data.spellings));

export const mendedSpellings: ReadonlyMap<string, string> = new Map([
  ...whisperSpellings,
  ["archaeology", "archeology"],
]);
