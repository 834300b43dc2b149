import { expect, test } from "vitest";
import { createRandom, randomFrom, shuffled } from "./random.ts";

const take = (count: number, draw: () => number) => Array.from({ length: count }, draw);

test("it is xoshiro128**, by the sequence that is published for the state 1, 2, 3, 4", () => {
  const expected = [
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ];
  expect(take(10, randomFrom([1, 2, 3, 4]).bits)).toEqual(expected);
});

test("a seed starts it with what SplitMix64 makes of it, by the numbers that are published for 1234567", () => {
  const words = [6457827717110365317n, 3203168211198807973n];
  const [a = 0, b = 0, c = 0, d = 0] = words.flatMap((word) => [Number(word & 0xffff_ffffn), Number(word >> 32n)]);
  expect(take(10, createRandom(1234567).bits)).toEqual(take(10, randomFrom([a, b, c, d]).bits));
});

test("equal seeds give equal numbers, and others give others", () => {
  expect(take(5, createRandom(7).bits)).toEqual(take(5, createRandom(7).bits));
  expect(take(5, createRandom(7).bits)).not.toEqual(take(5, createRandom(8).bits));
});

test("each number below a bound is as likely as any other", () => {
  const random = createRandom(3);
  const hits = new Array<number>(7).fill(0);
  for (let draw = 0; draw < 70_000; draw += 1) {
    const drawn = random.below(7);
    hits[drawn] = (hits[drawn] ?? 0) + 1;
  }
  const chiSquare = hits.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  // The 99.9 % quantile with six degrees of freedom.
  expect(chiSquare).toBeLessThan(22.46);
});

test("shuffling keeps what is there, in each order as often", () => {
  const random = createRandom(5);
  const orders = new Map<string, number>();
  for (let round = 0; round < 6000; round += 1) {
    const order = shuffled([1, 2, 3], random).join();
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  expect([...orders.keys()].toSorted()).toEqual(["1,2,3", "1,3,2", "2,1,3", "2,3,1", "3,1,2", "3,2,1"]);
  expect(Math.min(...orders.values())).toBeGreaterThan(880);
});
