/** One text beside what was said, each error marked by its shape as well as by its colour. */
import type { Mistake, Piece } from "../mistake.ts";
import { type Child, type Element, h } from "../node.ts";

/** Substitutions stand one above the other, deletions are struck out, insertions stand in brackets. */
export function alignmentRow(mistake: Mistake, labels: readonly string[]): Element {
  const { words, substitutions, deletions, insertions } = mistake;
  const errors = substitutions + deletions + insertions;
  const rate = words === 0 ? "" : `, ${Math.round((errors / words) * 100)} %`;
  return h(
    "li",
    {},
    h(
      "p",
      { class: "of" },
      h("strong", {}, mistake.item),
      " ",
      labels.length <= 2
        ? labels.join(" and ")
        : h("span", { title: labels.join("\n") }, `${labels[0]} and ${labels.length - 1} others`),
      mistake.trials > labels.length && `, ${mistake.trials} trials`,
      h("span", { class: "counts" }, `${errors} of ${words} words${rate}: `, sdi(mistake)),
    ),
    h("p", { class: "aligned" }, ...mistake.pieces.flatMap((piece): Child[] => [renderPiece(piece), " "])),
  );
}

function sdi({ substitutions, deletions, insertions }: Mistake): string {
  return `${substitutions} S ${deletions} D ${insertions} I`;
}

function renderPiece([said, heard]: Piece): Child {
  if (heard === undefined) return said;
  if (said === "") return h("ins", { "aria-label": `inserted: ${heard}` }, heard);
  if (heard === "") return h("del", { "aria-label": `deleted: ${said}` }, said);
  return h(
    "span",
    { class: "sub", role: "img", "aria-label": `${said}, heard as ${heard}` },
    h("span", { class: "said" }, said),
    h("span", { class: "heard" }, heard),
  );
}
