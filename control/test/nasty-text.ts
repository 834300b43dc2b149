/** Texts that readers and writers of YAML get wrong. */

/** YAML 1.1 takes these for booleans, nulls, numbers, times, dates, merges; or for marks, comments and collections. */
const misread =
  "yes no on off y n true False NULL null ~ 012 0o12 0x1F 1_000 1:30 190:20:30 1e-7 1.5e3 .5 5. .inf -.INF .nan + - 2001-01-01 = << ! & * % @ ` --- ... # a: {} [] ?".split(
    " ",
  );

export const nastyTexts: readonly string[] = [
  ...misread,
  "",
  " ",
  " leading and trailing ",
  "a: b",
  "a #b",
  "2001-12-14t21:59:43.10-05:00",
  "--- a",
  "one\ntwo\n",
  "one\n---\ntwo\n...\n",
  "\r\n",
  "\ttab",
  "quotes \" ' and \\ back\\nslash",
  "\u0000\u0001\u0007\u001b[31m\u007f",
  "\u0080\u0085\u009f\u00a0\u2028\u2029",
  "\ufeffmark",
  "\ufffe\uffff",
  "Straße, 日本語, العربية, e\u0301",
  "\u{1f3a7}\u{10ffff}",
  "a".repeat(5000),
];
