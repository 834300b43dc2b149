import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nastyTexts } from "../../../test/nasty-text.ts";
import { parseYaml } from "../../core/yaml.ts";
import { formatDocument, formatList } from "./format.ts";
import { parseFormatted } from "./parse.ts";

/** Without its marks. */
const bodyOf = (text: string) => text.slice("---\n".length, -"...\n".length);
const byYaml = (text: string) => parseYaml(bodyOf(text), "x.yaml").value;

/** Numbers as they can be written: at most 9 decimals, and no negative zero. */
const numbers = fc
  .oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  )
  .map((value) => (Math.abs(value) >= 1e21 ? value : Number(value.toFixed(9)) + 0));
const codeUnits = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
const texts = fc.oneof(codeUnits, fc.string({ unit: "binary" }), fc.constantFrom(...nastyTexts));
const names = fc.oneof(fc.stringMatching(/^[a-z_]{1,8}$/), fc.constantFrom("on", "y", "null", "__proto__"), codeUnits);
const { value: values } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 4 },
    fc.oneof(numbers, texts, fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(names, tie("value"), { maxKeys: 4 }),
  ),
}));
const documents = fc.dictionary(names, values, { minKeys: 1, maxKeys: 5 });

test("whatever is written is read again as it was, quickly and by a reader of all YAML", () => {
  fc.assert(
    fc.property(documents, (document) => {
      const text = formatDocument(document);
      expect(parseFormatted(bodyOf(text))?.value).toEqual(document);
      expect(byYaml(text)).toEqual(document);
    }),
    { numRuns: 500 },
  );
});

test("a list of mappings has a line for each field", () => {
  const text = formatList([{ model: "base", ok: true }, { model: "no" }]);
  expect(text).toBe('- model: "base"\n  ok: true\n- model: "no"\n');
});

test.each([
  [1e-7, "0.0000001"],
  [1.5e-10, "0"],
  [-1e-10, "0"],
  [0.1 + 0.2, "0.3"],
  [100, "100"],
  [-0, "0"],
  [1 / 3, "0.333333333"],
  [2 ** 53, "9007199254740992"],
  [1e21, "1000000000000000000000"],
  [1e300, BigInt(1e300).toString()],
  [123456789.12345679, "123456789.12345679"],
])("%d is written as %s", (value, written) => {
  expect(bodyOf(formatDocument({ value }))).toBe(`value: ${written}\n`);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("%d is no number to write", (value) => {
  expect(() => formatDocument({ value })).toThrow(`${value} cannot be written; what was not measured is null`);
});

test("a document is for people too: a section is a block, and what fits on a line stands on one", () => {
  const document = {
    kind: "trial",
    run_config: { model: "base", temperatures: [0, 0.2] },
    timing: { total_s: 1.5, stages: { decode: 0.1 } },
    requests: [
      { item: "a", sent_s: 1 },
      { item: "b", sent_s: 2 },
    ],
    gone: undefined,
    error: null,
  };
  expect(formatDocument(document)).toBe(`---
kind: "trial"
run_config: {"model": "base", "temperatures": [0, 0.2]}
timing:
  total_s: 1.5
  stages: {"decode": 0.1}
requests:
  - {"item": "a", "sent_s": 1}
  - {"item": "b", "sent_s": 2}
error: null
...
`);
});

describe("the quick reader leaves to the other one", () => {
  test.each([
    ["a comment", 'a: "b" # c\n'],
    ["bare text", "a: b\n"],
    ["a field twice", "a: 1\na: 2\n"],
    ["a null that is not written", "a:\nb: 1\n"],
    ["an indent of another depth", "a:\n    b: 1\n"],
    ["a list that is not indented", "a:\n- 1\n"],
    ["a number with a leading zero", "a: 012\n"],
    ["an alias", "a: &x 1\nb: *x\n"],
    ["text over lines", 'a: "b\n  c"\n'],
    ["a blank line", "a: 1\n\nb: 2\n"],
    ["line ends of another system", "a: 1\r\nb: 2\r\n"],
    ["a list", "- 1\n"],
    ["nothing", ""],
  ])("%s", (_, text) => {
    expect(parseFormatted(text)).toBeUndefined();
  });

  test("and what it does take, it takes as that one does", () => {
    const lines = fc.array(
      fc.tuple(
        fc.constantFrom("", "  ", "    ", "- ", "  - "),
        fc.constantFrom("a", "b", "c", '"d"', "e f", "no"),
        fc.constantFrom(" 1", " 01", ' "x"', " []", ' {"a": 1}', "", " x", " null"),
      ),
      { minLength: 1, maxLength: 6 },
    );
    fc.assert(
      fc.property(lines, (parts) => {
        const text = parts.map(([indent, name, value]) => `${indent}${name}:${value}\n`).join("");
        const quick = parseFormatted(text);
        if (quick !== undefined) expect(quick.value).toEqual(parseYaml(text, "x.yaml").value);
      }),
      { numRuns: 2000 },
    );
  });
});
