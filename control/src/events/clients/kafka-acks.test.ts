import { expect, test } from "vitest";
import { createAcks } from "./kafka-acks.ts";

test("a partition can be committed up to its first message that is not done", () => {
  const acks = createAcks();
  for (const offset of [5n, 6n, 9n, 10n]) expect(acks.begin(0, offset)).toBe(true);
  acks.done(0, 6n);
  acks.done(0, 9n);
  expect(acks.due()).toEqual([]);
  expect(acks.inFlight()).toBe(2);
  acks.done(0, 5n);
  expect(acks.due()).toEqual([{ partition: 0, offset: 10n }]);
  acks.committed(acks.due());
  expect(acks.due()).toEqual([]);
  acks.done(0, 10n);
  expect(acks.due()).toEqual([{ partition: 0, offset: 11n }]);
  expect(acks.inFlight()).toBe(0);
});

test("a commit that fails is due again, with what was done meanwhile", () => {
  const acks = createAcks();
  acks.begin(3, 0n);
  acks.begin(3, 1n);
  acks.done(3, 0n);
  expect(acks.due()).toEqual([{ partition: 3, offset: 1n }]);
  acks.done(3, 1n);
  expect(acks.due()).toEqual([{ partition: 3, offset: 2n }]);
});

test("a message that is read again is taken once while it is in work, and not at all when it is done", () => {
  const acks = createAcks();
  acks.begin(0, 7n);
  acks.begin(0, 8n);
  expect(acks.begin(0, 7n)).toBe(false);
  acks.done(0, 7n);
  expect(acks.begin(0, 7n)).toBe(false);
  expect(acks.begin(0, 8n)).toBe(false);
  expect(acks.begin(0, 9n)).toBe(true);
});

test("a partition that has become someone else's is forgotten: a late acknowledgement commits nothing", () => {
  const acks = createAcks();
  acks.begin(0, 0n);
  acks.begin(1, 0n);
  acks.keep([1]);
  acks.done(0, 0n);
  acks.done(1, 0n);
  expect(acks.due()).toEqual([{ partition: 1, offset: 1n }]);
  expect(acks.begin(0, 0n)).toBe(true);
});
