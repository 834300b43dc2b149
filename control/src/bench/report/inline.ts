/** Makes one script of a browser module and all that it imports, for a page that may load nothing. */
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { basename } from "node:path";

/** Each module becomes a function that returns its exports, after those that it imports. */
export function inlineModules(entry: URL): string {
  const names = new Map<string, string>();
  const written: string[] = [];
  const add = (url: URL): string => {
    const known = names.get(url.href);
    if (known !== undefined) return known;
    const name = `module${names.size}`;
    names.set(url.href, name);
    const source = stripTypes(readFileSync(url, "utf8"));
    const linked = source.replaceAll(imports, (_, list: string, from: string) => {
      if (!from.startsWith(".")) throw new Error(`${basename(url.pathname)}: a page cannot have "${from}" with it`);
      return `const {${list.replaceAll(" as ", ": ")}} = ${add(new URL(from, url))};`;
    });
    const exported = [...linked.matchAll(exports)].map(([, , declared]) => declared);
    written.push(
      `const ${name} = (() => {${linked.replaceAll(exports, "$1 $2")}\nreturn { ${exported.join(", ")} };\n})();`,
    );
    return name;
  };
  add(entry);
  const script = written.join("\n").replaceAll(/[ \t]*\n\s*/g, "\n");
  if (/<\/script|<!--/i.test(script)) throw new Error("what the modules say would end the script element");
  return `(() => {\n"use strict";\n${script}\n})();`;
}

const imports = /^import \{([^}]*)\} from "([^"]+)";$/gm;
const exports = /^export (const|function|async function) (\w+)/gm;

/** Node tells on standard error that this is experimental, which is of no use to who asked for a report. */
function stripTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source).replaceAll(/^import \{\s*\} from "[^"]+";$/gm, "");
  } finally {
    process.emitWarning = emitWarning;
  }
}
