import { expect, test } from "vitest";
import { parseArguments } from "./arguments.ts";

const accepts = {
  operands: "some",
  operandName: "FILE",
  options: {
    json: { type: "boolean", help: "" },
    model: { type: "string", short: "m", value: "NAME", help: "" },
  },
} as const;

test("options may stand before, between and after operands, in every usual spelling", () => {
  for (const args of [
    ["--model", "base", "--json", "a", "b"],
    ["a", "--model=base", "b", "--json"],
    ["a", "-m", "base", "--json", "--", "b"],
  ]) {
    expect(parseArguments(args, accepts)).toEqual({
      ok: true,
      values: { json: true, model: "base" },
      operands: ["a", "b"],
    });
  }
});

test("after -- everything is an operand, also what looks like an option", () => {
  expect(parseArguments(["--", "--json"], accepts)).toMatchObject({ values: { json: false }, operands: ["--json"] });
});

test.each([
  [["--jsn", "a"], "unknown option --jsn; did you mean --json?"],
  [["-x", "a"], "unknown option -x"],
  [["--model"], "--model needs a value: --model NAME"],
  [["--model", "--json", "a"], "--model needs a value: --model NAME"],
  [["--json=1", "a"], "--json takes no value"],
  [[], "FILE is missing"],
])("%j is refused: %s", (args, message) => {
  expect(parseArguments(args, accepts)).toEqual({ ok: false, message });
});

test("a verb that takes no operand says which it did not expect", () => {
  expect(parseArguments(["now"], { ...accepts, operands: "none" })).toEqual({
    ok: false,
    message: 'unexpected argument "now"',
  });
});
