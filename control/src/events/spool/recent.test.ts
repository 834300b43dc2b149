import { expect, test } from "vitest";
import type { StoredEvent } from "./reader.ts";
import { createRecent } from "./recent.ts";

const event = (position: number, characters = 10): StoredEvent => ({
  position,
  stream: "system",
  name: position % 2 === 0 ? "node.started" : "sidecar.started",
  id: `id-${position}`,
  type: "type",
  source: "source",
  sequence: position,
  partitionKey: "key",
  wallMs: 0,
  json: "x".repeat(characters),
});
const range = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => event(first + index));
const all = () => true;
const query = { after: 0, limit: 100, maxCharacters: 1_000_000 };

test("what follows is read from memory where it is all there, and from nowhere else", () => {
  const recent = createRecent(0);
  expect(recent.read(query, all)).toBeNull();
  recent.add(range(11, 20), 1);
  expect(recent.read({ ...query, after: 9 }, all)).toBeNull();
  expect(recent.read({ ...query, after: 10 }, all)?.events.map(({ position }) => position)).toHaveLength(10);
  expect(recent.read({ ...query, after: 15, limit: 2 }, all)).toMatchObject({
    events: [{ position: 16 }, { position: 17 }],
    through: 17,
  });
  expect(recent.read({ ...query, after: 20 }, all)).toEqual({ events: [], through: 20 });
});

test("a filter passes over events, and says how far it looked", () => {
  const recent = createRecent(0);
  recent.add(range(1, 9), 1);
  const isWanted = ({ name }: StoredEvent) => name === "node.started";
  const { events, through } = recent.read({ ...query, limit: 3 }, isWanted) ?? { events: [], through: 0 };
  expect([events.map(({ position }) => position), through]).toEqual([[2, 4, 6], 6]);
  expect(recent.read({ ...query, after: 8 }, isWanted)).toEqual({ events: [], through: 9 });
});

test("a batch ends before it is too long, and always has one event", () => {
  const recent = createRecent(0);
  recent.add([event(1, 600), event(2, 600), event(3, 600)], 1);
  expect(recent.read({ ...query, maxCharacters: 1_300 }, all)).toMatchObject({ through: 2 });
  expect(recent.read({ ...query, maxCharacters: 1 }, all)).toMatchObject({ through: 1, events: [{ position: 1 }] });
});

test("memory is bounded in events and in characters, and the newest stay", () => {
  const many = createRecent(0);
  for (let first = 1; first < 50_000; first += 100) many.add(range(first, first + 99), first);
  expect(many.read({ ...query, after: 50_000 - 8_300 }, all)).toBeNull();
  expect(many.read({ ...query, after: 50_000 - 4_000 }, all)?.events).toHaveLength(100);
  const long = createRecent(0);
  for (let position = 1; position <= 100; position += 1) long.add([event(position, 1024 * 1024)], position);
  expect(long.read({ ...query, after: 91 }, all)).toBeNull();
  expect(long.read({ ...query, after: 99 }, all)?.events).toHaveLength(1);
});

test("one event that is larger than the bound is kept until the next comes", () => {
  const recent = createRecent(0);
  recent.add([event(1, 20 * 1024 * 1024)], 1);
  expect(recent.read(query, all)?.events).toHaveLength(1);
});

test("the age of whatever waits is known to a fiftieth, after ten minutes of a commit every 5 ms too", () => {
  const recent = createRecent(0);
  const commits = 120_000;
  for (let position = 1; position <= commits; position += 1) recent.add([event(position)], position * 5);
  for (const position of [1, 2, 1_000, 50_000, 100_000, 119_000, 119_990, commits]) {
    const ageMs = (commits - position) * 5;
    expect(Math.abs(commits * 5 - recent.committedAtMs(position) - ageMs)).toBeLessThanOrEqual(5 + ageMs * 0.02);
  }
});

test("what an earlier process committed is as old as this one", () => {
  const recent = createRecent(1_000);
  expect(recent.committedAtMs(5)).toBe(1_000);
});
