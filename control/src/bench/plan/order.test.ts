import fc from "fast-check";
import { expect, test } from "vitest";
import { abbaOrder, sequentialOrder } from "./order.ts";

const everywhere = () => true;

test("blocks run the configs forwards and backwards in turn", () => {
  const slots = abbaOrder({ from: 0, to: 2 }, { configs: 3, items: ["x", "y"], takes: everywhere });
  expect(slots.map(({ block, config, position }) => [block, config, position])).toEqual([
    ["0/x", 0, 0],
    ["0/x", 1, 1],
    ["0/x", 2, 2],
    ["0/y", 2, 0],
    ["0/y", 1, 1],
    ["0/y", 0, 2],
    ["1/x", 2, 0],
    ["1/x", 1, 1],
    ["1/x", 0, 2],
    ["1/y", 0, 0],
    ["1/y", 1, 1],
    ["1/y", 2, 2],
  ]);
});

const plans = fc.record({
  configs: fc.integer({ min: 1, max: 6 }),
  items: fc.uniqueArray(fc.string({ maxLength: 3 }), { minLength: 1, maxLength: 5 }),
  from: fc.integer({ min: 0, max: 5 }),
  pairs: fc.integer({ min: 1, max: 4 }),
  /** What runs on what. */
  taken: fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }),
});

test("in every pair of iterations all configs of an item have the same mean position", () => {
  fc.assert(
    fc.property(plans, ({ configs, items, from, pairs, taken }) => {
      const takes = (config: number, item: string | null) => taken[config * 5 + items.indexOf(item ?? "")] === true;
      const slots = abbaOrder({ from, to: from + 2 * pairs }, { configs, items, takes });
      for (let pair = 0; pair < pairs; pair += 1) {
        for (const item of items) {
          const both = slots.filter((slot) => slot.item === item && Math.floor((slot.iteration - from) / 2) === pair);
          const sums = Object.values(Object.groupBy(both, ({ config }) => config)).map((those) =>
            (those ?? []).reduce((sum, { position }) => sum + position, 0),
          );
          expect(new Set(sums).size).toBeLessThanOrEqual(1);
        }
      }
    }),
  );
});

test("every order has each trial once, and iterations that are added later continue it", () => {
  fc.assert(
    fc.property(plans, ({ configs, items, from, pairs }) => {
      const trials = { configs, items, takes: everywhere };
      const to = from + pairs;
      const slots = abbaOrder({ from: 0, to }, trials);
      expect(slots).toHaveLength(configs * items.length * to);
      expect([...abbaOrder({ from: 0, to: from }, trials), ...abbaOrder({ from, to }, trials)]).toEqual(slots);
      const names = (those: typeof slots) => those.map(({ config, block }) => `${config} ${block}`).toSorted();
      expect(names(sequentialOrder({ from: 0, to }, trials))).toEqual(names(slots));
    }),
  );
});

test("in sequence a config has all of its trials before the next one's, at its own place in each block", () => {
  const slots = sequentialOrder({ from: 0, to: 2 }, { configs: 2, items: ["x", "y"], takes: everywhere });
  expect(slots.map(({ config, block, position }) => `${config} ${block} ${position}`)).toEqual([
    "0 0/x 0",
    "0 0/y 0",
    "0 1/x 0",
    "0 1/y 0",
    "1 0/x 1",
    "1 0/y 1",
    "1 1/x 1",
    "1 1/y 1",
  ]);
});

test("a config has no trial of an item that it does not take", () => {
  const takes = (config: number, item: string | null) => config === 1 || item === "x";
  const slots = abbaOrder({ from: 0, to: 1 }, { configs: 2, items: ["x", "y"], takes });
  expect(slots.map(({ config, item }) => `${config} ${item}`)).toEqual(["0 x", "1 x", "1 y"]);
});
