/** Reads a verb's options and operands from the command line; a mistake comes back as a sentence, not as an exception. */
import { parseArgs } from "node:util";
import { nearest } from "../core/nearest.ts";

export interface Option {
  type: "boolean" | "string";
  short?: string;
  /** What the help calls its value. */
  value?: string;
  help: string;
}
export type Options = Readonly<Record<string, Option>>;

export type ValuesOf<O extends Options> = {
  [Name in keyof O]: O[Name]["type"] extends "boolean" ? boolean : string | undefined;
};

/** Operands after the options: none are taken, any number, at least one, or so many. */
export type Operands = "none" | "any" | "some" | { least: number; most: number };

/** How many are taken. */
function boundsOf(operands: Operands): { least: number; most: number } {
  if (typeof operands === "object") return operands;
  if (operands === "none") return { least: 0, most: 0 };
  return { least: operands === "some" ? 1 : 0, most: Number.POSITIVE_INFINITY };
}

export type Parsed<O extends Options> =
  | { ok: true; values: ValuesOf<O>; operands: string[] }
  | { ok: false; message: string };

export function parseArguments<const O extends Options>(
  args: readonly string[],
  accepts: { options: O; operands: Operands; operandName?: string },
): Parsed<O> {
  const { options } = accepts;
  const { tokens } = parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true });
  const values: Record<string, boolean | string | undefined> = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, option.type === "boolean" ? false : undefined]),
  );
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const option = options[token.name];
    if (option === undefined) return { ok: false, message: unknownOption(token.rawName, options) };
    if (option.type === "boolean") {
      if (token.value !== undefined) return { ok: false, message: `${token.rawName} takes no value` };
      values[token.name] = true;
      continue;
    }
    const missing = token.value === undefined || (!token.inlineValue && /^-./.test(token.value));
    if (missing)
      return { ok: false, message: `${token.rawName} needs a value: ${token.rawName} ${option.value ?? "VALUE"}` };
    values[token.name] = token.value;
  }
  const { least, most } = boundsOf(accepts.operands);
  if (operands.length > most) return { ok: false, message: `unexpected argument ${JSON.stringify(operands[most])}` };
  if (operands.length < least) {
    const name = accepts.operandName?.split(" ")[operands.length] ?? "an argument";
    return { ok: false, message: `${name} is missing` };
  }
  return { ok: true, values: values as ValuesOf<O>, operands };
}

function unknownOption(rawName: string, options: Options): string {
  const meant = nearest(rawName.replace(/^-+/, ""), [...Object.keys(options), "help"]);
  return `unknown option ${rawName}${meant === undefined ? "" : `; did you mean --${meant}?`}`;
}
