/** The choices of the results page: values of each axis, and the axes that are averaged over. */
import { h } from "../node.ts";
import { type Axis, type Row, valueOn } from "../page/rows.ts";
import { toDom } from "./to-dom.ts";

export interface Filters {
  readonly chosen: ReadonlyMap<string, ReadonlySet<string>>;
  readonly over: ReadonlySet<string>;
}

export function createFilters(
  form: HTMLElement,
  { axes, rows, onChange }: { axes: readonly Axis[]; rows: readonly Row[]; onChange: () => void },
): Filters {
  const chosen = new Map(axes.map(({ name }) => [name, new Set<string>()]));
  const over = new Set<string>();
  form.append(
    ...axes.map(({ name, values }, place) =>
      toDom(
        h(
          "fieldset",
          {},
          h("legend", {}, name),
          h(
            "label",
            { class: "average" },
            h("input", { type: "checkbox", "data-axis": place, "data-average": true }),
            "average over it",
          ),
          h(
            "div",
            { class: "values" },
            ...values.map((value, index) =>
              h(
                "label",
                { title: value },
                h("input", { type: "checkbox", "data-axis": place, "data-value": index }),
                h("span", {}, value === "" ? "(not set)" : value),
                h("small", {}, rows.filter((row) => valueOn(name, row) === value).length),
              ),
            ),
          ),
        ),
      ),
    ),
  );
  form.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    const axis = axes[Number(target.dataset.axis)];
    if (axis === undefined) return;
    const average = target.dataset.average !== undefined;
    const set = average ? over : chosen.get(axis.name);
    const value = average ? axis.name : (axis.values[Number(target.dataset.value)] ?? "");
    if (target.checked) set?.add(value);
    else set?.delete(value);
    onChange();
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  return { chosen, over };
}
