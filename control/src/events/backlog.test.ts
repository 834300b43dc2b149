import { expect, test } from "vitest";
import { createBacklog } from "./backlog.ts";
import type { SealedEvent } from "./sink.ts";

const event = (sequence: number, length = 2): SealedEvent => ({
  stream: "system",
  name: "sidecar.started",
  id: String(sequence),
  type: "io.humhelix.sidecar.started.v1",
  source: "/humhelix/n/e/system",
  sequence,
  partitionKey: "k",
  json: "x".repeat(length),
});

const all = { events: 100, characters: 1_000 };
const sequences = (events: SealedEvent[]) => events.map(({ sequence }) => sequence);

test("past its bound a backlog drops the oldest and says how many", () => {
  const backlog = createBacklog(3);
  const dropped = [1, 2, 3, 4, 5].map((sequence) => backlog.add(event(sequence)));
  expect(dropped).toEqual([0, 0, 0, 1, 1]);
  expect(sequences(backlog.take(all))).toEqual([3, 4, 5]);
});

test("what is put back comes first again, and the oldest of it go where there is no room", () => {
  const backlog = createBacklog(3);
  for (const sequence of [1, 2, 3]) backlog.add(event(sequence));
  const taken = backlog.take({ events: 2, characters: 1_000 });
  for (const sequence of [4, 5]) backlog.add(event(sequence));
  expect(backlog.putBack(taken)).toBe(2);
  expect(sequences(backlog.take(all))).toEqual([3, 4, 5]);
});

test("a take is bounded by count and by length, and takes at least one", () => {
  const backlog = createBacklog(10);
  for (const [sequence, length] of [
    [1, 50],
    [2, 4],
    [3, 4],
    [4, 4],
  ] as const)
    backlog.add(event(sequence, length));
  expect(sequences(backlog.take({ events: 5, characters: 10 }))).toEqual([1]);
  expect(sequences(backlog.take({ events: 5, characters: 8 }))).toEqual([2, 3]);
  expect(sequences(backlog.take({ events: 5, characters: 8 }))).toEqual([4]);
  expect(backlog.take(all)).toEqual([]);
});
