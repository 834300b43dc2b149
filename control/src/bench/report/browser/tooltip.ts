/** Shows what a point of a plot stands for, where it is pointed at or reached by the keyboard. */

import { h } from "../node.ts";
import { toDom } from "./to-dom.ts";

export function installTooltip(): void {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  // What it says is the point's label already.
  tip.setAttribute("aria-hidden", "true");
  document.body.append(tip);
  const hide = () => {
    tip.hidden = true;
  };
  const show = (target: EventTarget | null) => {
    const point = target instanceof Element ? target.closest(".point") : null;
    if (point === null) return hide();
    const title = point.querySelector("title");
    // The browser would show its own beside this one.
    if (title !== null) {
      point.setAttribute("data-tip", title.textContent ?? "");
      title.remove();
    }
    const lines = (point.getAttribute("data-tip") ?? "").split("\n");
    tip.replaceChildren(...lines.map((line, index) => toDom(h(index === 0 ? "strong" : "span", {}, line))));
    tip.hidden = false;
    // Of a wide row, its marks are what it is about.
    const place = (point.querySelector(".mark, .median, .stage") ?? point).getBoundingClientRect();
    const left = Math.min(place.right + 10, innerWidth - tip.offsetWidth - 8);
    const above = place.top - tip.offsetHeight - 8;
    tip.style.left = `${Math.max(8, left) + scrollX}px`;
    tip.style.top = `${(above > 0 ? above : place.bottom + 8) + scrollY}px`;
  };
  document.addEventListener("pointerover", ({ target }) => show(target));
  document.addEventListener("focusin", ({ target }) => show(target));
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") hide();
  });
}
