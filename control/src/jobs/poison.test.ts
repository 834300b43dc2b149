import { expect, test } from "vitest";
import { createPoisonList } from "./poison.ts";

function open() {
  let nowMs = 0;
  const clock = { wallMs: () => 0, monotonicMs: () => nowMs };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { list: createPoisonList({ clock, keepMs: 600_000 }), pass };
}

test("audio that was added is refused until its time is over, other audio never", () => {
  const { list, pass } = open();
  list.add("a");
  pass(1000);
  expect(() => list.refuse("a")).toThrow(/for 599 s more/);
  expect(() => list.refuse("b")).not.toThrow();
  pass(599_000);
  expect(() => list.refuse("a")).not.toThrow();
});

test("audio that is added again is refused for longer", () => {
  const { list, pass } = open();
  list.add("a");
  list.add("b");
  pass(500_000);
  list.add("a");
  pass(200_000);
  expect(() => list.refuse("a")).toThrow(/for 400 s more/);
  expect(() => list.refuse("b")).not.toThrow();
});
