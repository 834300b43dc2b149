/** Trees of HTML and SVG as plain data: written as text here or built in a browser, and escaped in either case. */

export interface Element {
  tag: string;
  attributes: Attributes;
  children: readonly Child[];
}
export type Attributes = Readonly<Record<string, string | number | boolean | null | undefined>>;
/** False and null are nothing, so that parts of a tree can depend on a condition. */
export type Child = Element | string | number | false | null | undefined | readonly Child[];

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): Element {
  return { tag, attributes, children };
}

/** Elements that have no end tag. */
const empty = new Set(["br", "col", "hr", "img", "input", "link", "meta", "wbr"]);

export function renderNode(node: Child): string {
  if (node === null || node === undefined || node === false) return "";
  if (typeof node === "string" || typeof node === "number") return escapeText(String(node));
  if (isElement(node)) return renderElement(node);
  return node.map(renderNode).join("");
}

function renderElement({ tag, attributes, children }: Element): string {
  const written = Object.entries(attributes).map(([name, value]) => {
    if (value === null || value === undefined || value === false) return "";
    return value === true ? ` ${name}` : ` ${name}="${escapeText(String(value))}"`;
  });
  const start = `<${tag}${written.join("")}>`;
  return empty.has(tag) ? start : `${start}${children.map(renderNode).join("")}</${tag}>`;
}

export function isElement(node: object): node is Element {
  return "tag" in node;
}

/** Fit for text and for quoted attributes, of HTML and of XML. */
export function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** For a script element that holds data: nothing in it can end the element, whatever the strings say. */
export function escapeJson(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll("<", "\\u003c")
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
}
