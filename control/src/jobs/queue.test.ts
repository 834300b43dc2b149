import fc from "fast-check";
import { expect, test } from "vitest";
import { priorities } from "../core/job.ts";
import { createQueue } from "./queue.ts";

test("items leave by priority, and by arrival within one priority", () => {
  const queue = createQueue<string>();
  queue.push("batch 1", "batch");
  queue.push("interactive 1", "interactive");
  queue.push("interactive 2", "interactive");
  queue.push("live 1", "live");
  const order = Array.from({ length: 5 }, () => queue.shift());
  expect(order).toEqual(["live 1", "interactive 1", "interactive 2", "batch 1", undefined]);
});

test("what runs again goes ahead of its own priority only", () => {
  const queue = createQueue<string>();
  queue.push("live", "live");
  queue.push("waits", "interactive");
  queue.unshift("runs again", "interactive");
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(["live", "runs again", "waits"]);
});

test("an item is removed once", () => {
  const queue = createQueue<string>();
  queue.push("a", "batch");
  expect([queue.size(), queue.remove("a"), queue.remove("a"), queue.size()]).toEqual([1, true, false, 0]);
});

test("a batch item that was passed over 10 times goes as interactive, and 10 more times as live", () => {
  const queue = createQueue<string>();
  queue.push("patient", "batch");
  const taken: (string | undefined)[] = [];
  for (let round = 0; !taken.includes("patient"); round += 1) {
    queue.push(`interactive ${round}`, "interactive");
    taken.push(queue.shift());
  }
  expect(taken.indexOf("patient")).toBe(10);

  queue.push("patient", "batch");
  const urgent: (string | undefined)[] = [];
  for (let round = 0; !urgent.includes("patient"); round += 1) {
    queue.push(`live ${round}`, "live");
    urgent.push(queue.shift());
  }
  expect(urgent.indexOf("patient")).toBe(20);
});

const actions = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("push" as const), priority: fc.constantFrom(...priorities) }),
    fc.record({ do: fc.constant("unshift" as const), priority: fc.constantFrom(...priorities) }),
    fc.record({ do: fc.constant("shift" as const) }),
    fc.record({ do: fc.constant("remove" as const), which: fc.nat() }),
  ),
  { maxLength: 200 },
);

test("whatever is done to it, nothing is lost, nothing comes twice, and what is removed never comes (2,000 runs)", () => {
  fc.assert(
    fc.property(actions, (steps) => {
      const queue = createQueue<number>();
      const inside = new Set<number>();
      let next = 0;
      for (const step of steps) {
        if (step.do === "push" || step.do === "unshift") {
          queue[step.do](next, step.priority);
          inside.add(next);
          next += 1;
        } else if (step.do === "shift") {
          const item = queue.shift();
          if (item === undefined ? inside.size > 0 : !inside.delete(item)) return false;
        } else {
          const item = [...inside][step.which % (inside.size + 1)];
          if (item !== undefined && !(queue.remove(item) && inside.delete(item))) return false;
        }
        if (queue.size() !== inside.size) return false;
      }
      return true;
    }),
    { numRuns: 2000 },
  );
});

test("in a lane the order of arrival holds, and nobody is overtaken by more than the patience of two lanes (500 runs)", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...priorities), { minLength: 1, maxLength: 100 }), (arrivals) => {
      const queue = createQueue<{ priority: string; number: number }>();
      for (const [number, priority] of arrivals.entries()) queue.push({ priority, number }, priority);
      const left = Array.from({ length: arrivals.length }, () => queue.shift());
      return priorities.every((priority) => {
        const numbers = left.flatMap((item) => (item?.priority === priority ? [item.number] : []));
        return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? -1));
      });
    }),
    { numRuns: 500 },
  );
});
