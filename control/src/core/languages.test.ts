import { expect, test } from "vitest";
import { commonLanguageCodes, findLanguage, languageCodes, languageName } from "./languages.ts";

test("there are Whisper's hundred languages, of which all models but large-v3 have ninety-nine", () => {
  expect(new Set(languageCodes).size).toBe(100);
  expect(languageCodes.filter((code) => !commonLanguageCodes.includes(code))).toEqual(["yue"]);
});

test("every language is found by its code and by its name, in any case", () => {
  for (const code of languageCodes) {
    expect(findLanguage(code.toUpperCase())).toBe(code);
    expect(findLanguage(languageName(code).toUpperCase())).toBe(code);
  }
});

test.each(["", "xx", "engl", "constructor"])("%o is no language", (written) => {
  expect(findLanguage(written)).toBeUndefined();
});
