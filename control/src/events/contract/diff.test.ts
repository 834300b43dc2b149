import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { type Change, diffSchema } from "./diff.ts";

const diff = (before: z.ZodType, after: z.ZodType): Change[] =>
  diffSchema(z.toJSONSchema(before, { io: "input" }), z.toJSONSchema(after, { io: "input" }));

const text = z.object({ text: z.string() });

test.each<[string, z.ZodType, z.ZodType, Change[]]>([
  ["a field that is gone", text, z.object({}), [{ path: "text", what: "is gone", effect: "changed" }]],
  [
    "a field of another name",
    text,
    z.object({ words: z.string().optional() }),
    [
      { path: "text", what: "is gone", effect: "changed" },
      { path: "words", what: "is new", effect: "added" },
    ],
  ],
  [
    "a new field that must be there",
    text,
    text.extend({ end: z.number() }),
    [{ path: "end", what: "is new, and required", effect: "narrower" }],
  ],
  [
    "a field that may be left out",
    text,
    text.partial(),
    [{ path: "text", what: "is not required any more", effect: "wider" }],
  ],
  [
    "a field that must be there now",
    text.partial(),
    text,
    [{ path: "text", what: "is required now", effect: "narrower" }],
  ],
  [
    "a field that may be null",
    text,
    z.object({ text: z.string().nullable() }),
    [{ path: "text", what: "may be null now", effect: "wider" }],
  ],
  [
    "a field that may not be null any more",
    z.object({ text: z.string().nullable() }),
    text,
    [{ path: "text", what: "may not be null any more", effect: "narrower" }],
  ],
  ["another type", z.string(), z.number(), [{ path: "", what: "was string and is number", effect: "changed" }]],
  [
    "fractions",
    z.object({ n: z.int().min(0).max(9) }),
    z.object({ n: z.number().min(0).max(9) }),
    [{ path: "n", what: "was integer and is number", effect: "wider" }],
  ],
  [
    "whole numbers only",
    z.number().min(0).max(9),
    z.int().min(0).max(9),
    [{ path: "", what: "was number and is integer", effect: "narrower" }],
  ],
  ["another value", z.enum(["a"]), z.enum(["a", "b"]), [{ path: "", what: 'may be "b" now', effect: "wider" }]],
  [
    "one value less",
    z.enum(["a", "b"]),
    z.enum(["a"]),
    [{ path: "", what: 'may not be "b" any more', effect: "narrower" }],
  ],
  [
    "a higher maximum",
    z.string().max(5),
    z.string().max(9),
    [{ path: "", what: "maxLength was 5 and is 9", effect: "wider" }],
  ],
  [
    "a maximum",
    z.string(),
    z.string().max(9),
    [{ path: "", what: "maxLength was Infinity and is 9", effect: "narrower" }],
  ],
  [
    "a higher minimum",
    z.number().min(0),
    z.number().min(1),
    [{ path: "", what: "minimum was 0 and is 1", effect: "narrower" }],
  ],
  [
    "a longer list",
    z.array(z.string()).max(1),
    z.array(z.string()),
    [{ path: "", what: "maxItems was 1 and is Infinity", effect: "wider" }],
  ],
  [
    "another field, deep inside",
    z.object({ words: z.array(z.object({ start: z.number() })).nullable() }),
    z.object({ words: z.array(z.object({ start: z.string() })).nullable() }),
    [{ path: "words[].start", what: "was number and is string", effect: "changed" }],
  ],
  [
    "other values of a record",
    z.record(z.string(), z.int().min(0).max(9)),
    z.record(z.string(), z.number().min(0).max(9)),
    [{ path: "*", what: "was integer and is number", effect: "wider" }],
  ],
  [
    "fields of any name",
    z.strictObject({}),
    z.looseObject({}),
    [{ path: "*", what: "is allowed now", effect: "wider" }],
  ],
  [
    "fields of no other name",
    z.object({}),
    z.strictObject({}),
    [{ path: "*", what: "is refused now", effect: "narrower" }],
  ],
  [
    "one way less",
    z.union([z.strictObject({ path: z.string() }), z.strictObject({ url: z.string() })]),
    z.strictObject({ url: z.string() }),
    [{ path: "", what: "may not be object any more", effect: "narrower" }],
  ],
  [
    "a keyword that it does not understand",
    z.string().regex(/a/),
    z.string().regex(/b/),
    [{ path: "", what: 'pattern was "a" and is "b"', effect: "changed" }],
  ],
])("%s is found", (_, before, after, changes) => {
  expect(diff(before, after)).toEqual(changes);
});

test("a list that may grow may do so, and a value that is gone is missed", () => {
  const codes = (...list: string[]) => ({ type: "string" as const, "x-extensible-enum": list });
  expect(diffSchema(codes("a"), codes("a", "b"))).toEqual([{ path: "", what: 'may be "b" now', effect: "added" }]);
  expect(diffSchema(codes("a", "b"), codes("a"))).toMatchObject([{ effect: "narrower" }]);
});

test("words for people, and the order of fields and choices, do not count", () => {
  const before = z.object({ a: z.string().nullable().describe("old"), b: z.enum(["x", "y"]) });
  const after = z.object({ b: z.enum(["y", "x"]), a: z.union([z.null(), z.string()]).describe("new") });
  expect(diff(before, after)).toEqual([]);
});

test("equal schemas do not differ, and what is wider one way is narrower the other way", () => {
  const leaf = fc.constantFrom(
    z.string(),
    z.int(),
    z.number().min(0),
    z.boolean(),
    z.enum(["a", "b"]),
    z.string().nullable(),
  );
  const field = fc.oneof(
    leaf,
    leaf.map((type) => z.array(type)),
    leaf.map((type) => type.optional()),
    fc.dictionary(fc.constantFrom("x", "y"), leaf).map((shape) => z.object(shape)),
  );
  const object = fc.dictionary(fc.constantFrom("a", "b", "c"), field).map((shape) => z.object(shape));
  fc.assert(
    fc.property(object, (schema) => {
      expect(diff(schema, schema)).toEqual([]);
    }),
  );
  const pathsOf = (changes: Change[], effect: Change["effect"]) =>
    changes.filter((change) => change.effect === effect).map(({ path }) => path);
  fc.assert(
    fc.property(object, object, (one, other) => {
      const [there, back] = [diff(one, other), diff(other, one)];
      expect(pathsOf(back, "narrower")).toEqual(expect.arrayContaining(pathsOf(there, "wider")));
      expect(there.length === 0).toBe(back.length === 0);
    }),
  );
});
