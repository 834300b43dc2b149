import { expect, test } from "vitest";
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
