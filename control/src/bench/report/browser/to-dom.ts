/** Builds a tree of plain data in the page: text is never read as HTML. */
import { type Child, isElement } from "../node.ts";

const svgTags = new Set(["svg", "g", "path", "text", "rect", "circle", "line", "title", "tspan"]);

export function toDom(node: Child): Node {
  if (node === null || node === undefined || node === false) return document.createTextNode("");
  if (typeof node === "string" || typeof node === "number") return document.createTextNode(String(node));
  if (!isElement(node)) {
    const parts = document.createDocumentFragment();
    parts.append(...node.map(toDom));
    return parts;
  }
  const element = svgTags.has(node.tag)
    ? document.createElementNS("http://www.w3.org/2000/svg", node.tag)
    : document.createElement(node.tag);
  for (const [name, value] of Object.entries(node.attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...node.children.map(toDom));
  return element;
}

/** The element that the page's own markup has under this id. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element ${id}`);
  return element;
}
