import { expect, test } from "vitest";
import { testJob } from "../../test/job.ts";
import type { Job, Priority } from "../core/job.ts";
import { createLedger } from "./ledger.ts";

const model = "base";

function jobOf(id: string, more: { audioS?: number; priority?: Priority } = {}): Job {
  const { audioS = 10, priority = "interactive" } = more;
  return testJob(id, { model, priority, audio: { durationS: audioS, bytes: audioS * 32_000 } });
}

/** A ledger that has seen two jobs of 10 s side by side, each done in 4 s. */
function learnt() {
  let nowMs = 0;
  const ledger = createLedger({ wallMs: () => 0, monotonicMs: () => nowMs });
  const pass = (seconds: number) => {
    nowMs += seconds * 1000;
  };
  const begin = (job: Job) => {
    ledger.add(job);
    ledger.began(job, { attempt: 1, slot: "engine-0.1" });
  };
  const pair = [jobOf("first"), jobOf("second")];
  for (const job of pair) begin(job);
  pass(4);
  for (const job of pair) ledger.ended(job, null);
  const predict = (more: { free?: number; priority?: Priority; audioS?: number } = {}) => {
    const { free = 0, priority = "interactive", audioS = 10 } = more;
    return ledger.predict({ model, priority, audioS }, { free });
  };
  return { ledger, pass, begin, predict };
}

test("nothing is predicted of a model that has done nothing yet", () => {
  const ledger = createLedger({ wallMs: () => 0, monotonicMs: () => 0 });
  expect(ledger.predict({ model, priority: "live", audioS: 1 }, { free: 0 })).toBeNull();
});

test("where engines have room nobody waits, and the work takes as long as lately", () => {
  const { predict } = learnt();
  expect(predict({ free: 1 })).toEqual({ hasRoom: true, waitS: 0, workS: expect.closeTo(4, 1) });
});

test("a window that is hardly filled costs nearly as much as a full one, and ten windows ten times as much", () => {
  const { predict } = learnt();
  const workS = (audioS: number) => predict({ audioS })?.workS ?? Number.NaN;
  expect(workS(30) / workS(2)).toBeCloseTo(55 / 27, 1);
  expect(workS(300) / workS(30)).toBeCloseTo(10, 1);
});

test("where they have none, the wait is until the first in work is done, and those ahead after it", () => {
  const { ledger, pass, begin, predict } = learnt();
  begin(jobOf("long", { audioS: 20 }));
  begin(jobOf("short"));
  pass(1);
  const alone = predict()?.waitS ?? Number.NaN;
  expect(alone).toBeCloseTo(3, 1);
  ledger.add(jobOf("ahead"));
  // Two such jobs took 4 s side by side.
  expect(predict()).toMatchObject({ hasRoom: false, waitS: expect.closeTo(alone + 2, 0) });
});

test("who waits in a lower class is not ahead", () => {
  const { ledger, begin, predict } = learnt();
  begin(jobOf("busy"));
  const alone = predict({ priority: "live" })?.waitS;
  ledger.add(jobOf("patient", { priority: "batch", audioS: 600 }));
  expect(predict({ priority: "live" })?.waitS).toBe(alone);
  expect(predict({ priority: "batch" })?.waitS).toBeGreaterThan(alone ?? 0);
});

test("of a job in work the estimate shrinks as it goes on, and never below nothing", () => {
  const { ledger, pass, begin } = learnt();
  begin(jobOf("now"));
  const estimate = () => ledger.find("now")?.estimated_done_s ?? Number.NaN;
  expect(estimate()).toBeCloseTo(4, 1);
  pass(3);
  expect(estimate()).toBeCloseTo(1, 1);
  pass(60);
  expect(estimate()).toBe(0);
});
