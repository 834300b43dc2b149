/**
 * Values as YAML that every reader reads alike: block mappings whose leaves are JSON, all text in double quotes. So no
 * reader of YAML 1.1 takes `no` for false or `1:30` for 90, and a line is a whole value, to grep for or to parse as JSON.
 */

const maxDecimals = 9;

/** One document of a stream; `...` tells that it is whole. Numbers have at most 9 decimals and never an exponent. */
export function formatDocument(document: object): string {
  return `---\n${mapping(document, "")}...\n`;
}

/** A list of mappings, each field on a line of its own. */
export function formatList(entries: readonly object[]): string {
  return entries.map((entry) => `- ${mapping(entry, "  ").trimStart()}`).join("");
}

function mapping(value: object, indent: string): string {
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .map(([name, field]) => `${indent}${key(name)}:${member(field, indent)}`)
    .join("");
}

function member(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (isFlat(value)) return ` ${flow(value)}\n`;
  if (!Array.isArray(value)) return `\n${mapping(value as object, inner)}`;
  return `\n${value.map((item) => `${inner}- ${flow(item)}\n`).join("")}`;
}

/** What fits on a line: nothing in it has fields of its own but itself. */
function isFlat(value: unknown): boolean {
  if (!isObject(value)) return true;
  return Array.isArray(value)
    ? value.every((item) => !isObject(item) || (Array.isArray(item) && isFlat(item)))
    : Object.values(value).every((field) => !isObject(field) || (Array.isArray(field) && isFlat(field)));
}

function flow(value: unknown): string {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return number(value);
  if (!isObject(value)) return String(value ?? null);
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${text(name)}: ${flow(field)}`).join(", ")}}`;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

/** Rounded, since clocks know no more; PyYAML reads an exponent without a point, such as 1e-7, as text. */
function number(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`${value} cannot be written; what was not measured is null`);
  if (Math.abs(value) >= 1e21) return BigInt(value).toString();
  const shortest = String(value);
  if (/^-?\d+(\.\d{1,9})?$/.test(shortest)) return shortest;
  const fixed = value.toFixed(maxDecimals).replace(/\.?0+$/, "");
  return fixed === "-0" ? "0" : fixed;
}

/** JSON leaves as they are what YAML takes for line breaks or refuses: NEL and other controls, separators, marks. */
const unsafe = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function text(value: string): string {
  return JSON.stringify(value).replace(
    unsafe,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Words of YAML 1.1 that are no text where they stand bare. */
const reserved: readonly string[] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

const key = (name: string) => (/^[a-z][a-z0-9_]*$/.test(name) && !reserved.includes(name) ? name : text(name));
