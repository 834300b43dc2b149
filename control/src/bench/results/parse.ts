/**
 * Reads the YAML that `formatDocument` writes, some 100 times as fast as a reader of all YAML does. It takes nothing that
 * such a reader would understand otherwise: what is not of this form it leaves to that one.
 */

/** Undefined where the text is not of this form. */
export function parseFormatted(text: string): { value: unknown } | undefined {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  try {
    const cursor = { lines, next: 0 };
    const value = mapping(cursor, "");
    return cursor.next === lines.length && lines.length > 0 ? { value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

interface Cursor {
  readonly lines: readonly string[];
  next: number;
}

const field = /^( *)(?:([a-z][a-z0-9_]*)|("(?:[^"\\]|\\.)*")):(?: (.+))?$/;

function mapping(cursor: Cursor, indent: string): unknown {
  const fields = new Map<string, unknown>();
  for (let line = cursor.lines[cursor.next]; line !== undefined; line = cursor.lines[cursor.next]) {
    const [matched, space, plain, quoted, rest] = field.exec(line) ?? [];
    if (matched === undefined) throw new SyntaxError("no field");
    if (space !== indent) break;
    const name = plain ?? String(JSON.parse(quoted ?? ""));
    if (fields.has(name)) throw new SyntaxError("a field that is there twice");
    cursor.next += 1;
    fields.set(name, rest === undefined ? nested(cursor, `${indent}  `) : JSON.parse(rest));
  }
  if (fields.size === 0) throw new SyntaxError("no fields");
  return Object.fromEntries(fields);
}

function nested(cursor: Cursor, indent: string): unknown {
  const dash = `${indent}- `;
  if (cursor.lines[cursor.next]?.startsWith(dash) !== true) return mapping(cursor, indent);
  const items: unknown[] = [];
  for (let line = cursor.lines[cursor.next]; line?.startsWith(dash) === true; line = cursor.lines[cursor.next]) {
    items.push(JSON.parse(line.slice(dash.length)));
    cursor.next += 1;
  }
  return items;
}
