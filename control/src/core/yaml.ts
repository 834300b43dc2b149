/** YAML files as plain values that remember their lines: the only importer of yaml. */
import { readFileSync } from "node:fs";
import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  type Node,
  parseDocument,
} from "yaml";
import { ConfigError } from "./config-error.ts";
import { toError } from "./to-error.ts";

export type Path = readonly PropertyKey[];

export interface YamlFile {
  file: string;
  value: unknown;
  /** Line of the field at `path`, or of its nearest parent that exists; 1 for the whole file. */
  lineOf(path: Path): number;
}

/** Throws ConfigError for a file that cannot be read or is no YAML. `name` is what messages call the file. */
export function readYaml(file: string, name = file): YamlFile {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const reason = toError(error).message;
    throw new ConfigError([{ place: name, message: `cannot be read: ${reason}` }]);
  }
  return parseYaml(text, name);
}

/** `firstLine` is where the text begins in its file. Throws ConfigError for text that is no YAML. */
export function parseYaml(text: string, file: string, { firstLine = 1 } = {}): YamlFile {
  const lines = new LineCounter();
  const lineAt = (offset: number) => lines.linePos(offset).line + firstLine - 1;
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw new ConfigError(document.errors.map(({ pos, message }) => ({ place: `${file}:${lineAt(pos[0])}`, message })));
  }
  const lineOf = (path: Path): number => {
    let line = firstLine;
    let node: unknown = document.contents;
    for (const key of path) {
      const child = childOf(node, key);
      if (child === undefined) break;
      if (child.start !== undefined) line = lineAt(child.start);
      node = child.node;
    }
    return line;
  };
  return { file, value: plainOf(document, `${file}:${firstLine}`), lineOf };
}

/** Aliases that lead nowhere, or multiply without end, show only now. */
function plainOf(document: Document.Parsed, place: string): unknown {
  try {
    return document.toJS() as unknown;
  } catch (error) {
    throw new ConfigError([{ place, message: toError(error).message }]);
  }
}

/** In a mapping the key's place counts: that of the value would be a line too far down where it is a mapping itself. */
function childOf(node: unknown, key: PropertyKey): { node: unknown; start: number | undefined } | undefined {
  if (isMap(node)) {
    const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
    if (pair === undefined) return undefined;
    return { node: pair.value, start: startOf(pair.key) };
  }
  if (!isCollection(node)) return undefined;
  const item: unknown = node.items[Number(key)];
  return item === undefined || isPair(item) ? undefined : { node: item, start: startOf(item) };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
