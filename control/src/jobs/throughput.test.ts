import { expect, test } from "vitest";
import { createThroughput } from "./throughput.ts";

function open() {
  let nowMs = 0;
  const throughput = createThroughput({ wallMs: () => 0, monotonicMs: () => nowMs });
  const pass = (seconds: number) => {
    nowMs += seconds * 1000;
  };
  return { throughput, pass };
}

test("nothing is predicted before a job was finished", () => {
  const { throughput } = open();
  throughput.began("base");
  expect(throughput.secondsFor("base", 10)).toBeNull();
});

test("one after the other, audio takes as long as it took", () => {
  const { throughput, pass } = open();
  for (let job = 0; job < 5; job += 1) {
    throughput.began("base");
    pass(2);
    throughput.ended("base", { work: 10, tookS: 2 });
    pass(60);
  }
  expect(throughput.secondsFor("base", 30)).toBeCloseTo(6);
  expect(throughput.secondsFor("large", 30)).toBeNull();
});

test("side by side, it takes as long as all of them together took", () => {
  const { throughput, pass } = open();
  for (let job = 0; job < 4; job += 1) throughput.began("base");
  pass(2);
  for (let job = 0; job < 4; job += 1) throughput.ended("base", { work: 10, tookS: 2 });
  expect(throughput.secondsFor("base", 40)).toBeLessThan(2.5);
  expect(throughput.serviceFor("base", 10)).toBeCloseTo(2);
});

test("it follows a load that changes within some 20 jobs", () => {
  const { throughput, pass } = open();
  const work = (seconds: number) => {
    throughput.began("base");
    pass(seconds);
    throughput.ended("base", { work: 10, tookS: seconds });
  };
  for (let job = 0; job < 20; job += 1) work(1);
  for (let job = 0; job < 20; job += 1) work(4);
  expect(throughput.secondsFor("base", 10)).toBeGreaterThan(3.5);
});

test("a job that failed costs time and says nothing of how long one takes", () => {
  const { throughput, pass } = open();
  throughput.began("base");
  pass(1);
  throughput.ended("base", { work: 10, tookS: 1 });
  throughput.began("base");
  pass(9);
  throughput.ended("base", { work: 0, tookS: 9 });
  expect(throughput.serviceFor("base", 9)).toBeCloseTo(0.9);
  expect(throughput.secondsFor("base", 9)).toBeGreaterThan(9);
});
