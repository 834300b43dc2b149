import fc from "fast-check";
import { expect, test } from "vitest";
import { createRestartPolicy, type Demise } from "./policy.ts";

const settings = { backoffMs: 500, maxBackoffMs: 4000, maxFailures: 5 };
const idleDeath: Demise = { wasReady: true, finishedJobs: 0, permanent: false, explained: false };
const never = () => 0;

test("the delay doubles with each death in a row and stops growing at the maximum", () => {
  const policy = createRestartPolicy({ ...settings, maxFailures: 6 }, () => 1);
  const delays = Array.from({ length: 6 }, () => policy.judge(idleDeath));
  expect(delays.map((verdict) => (verdict.respawn ? verdict.delayMs : null))).toEqual([
    500, 1000, 2000, 4000, 4000, 4000,
  ]);
});

test("jitter takes away at most half of the delay", () => {
  expect(createRestartPolicy(settings, never).judge(idleDeath)).toEqual({ respawn: true, delayMs: 250 });
});

test("the sixth death in a row without a finished job gives the slot up", () => {
  const policy = createRestartPolicy(settings, never);
  const verdicts = Array.from({ length: 6 }, () => policy.judge(idleDeath).respawn);
  expect(verdicts).toEqual([true, true, true, true, true, false]);
});

test("a finished job resets the count", () => {
  const policy = createRestartPolicy(settings, never);
  for (let death = 0; death < 5; death += 1) policy.judge(idleDeath);
  expect(policy.judge({ ...idleDeath, finishedJobs: 1 })).toEqual({ respawn: true, delayMs: 250 });
});

test("a process that was never ready twice in a row is not started again", () => {
  const policy = createRestartPolicy(settings, never);
  const stillborn = { ...idleDeath, wasReady: false };
  expect(policy.judge(stillborn).respawn).toBe(true);
  expect(policy.judge(stillborn)).toEqual({ respawn: false, reason: "never ready, 2 times in a row" });
});

test("what a restart cannot mend is given up at once", () => {
  expect(createRestartPolicy(settings, never).judge({ ...idleDeath, permanent: true }).respawn).toBe(false);
});

test("deaths by a known input give no slot up that has worked, however many there are", () => {
  const policy = createRestartPolicy(settings, never);
  policy.judge({ ...idleDeath, finishedJobs: 1 });
  for (let poison = 0; poison < 50; poison += 1) {
    policy.judge(idleDeath);
    expect(policy.judge({ ...idleDeath, explained: true })).toEqual({ respawn: true, delayMs: 250 });
  }
});

test("where no job was ever finished, no input is to blame", () => {
  const policy = createRestartPolicy(settings, never);
  const verdicts = Array.from({ length: 6 }, () => policy.judge({ ...idleDeath, explained: true }).respawn);
  expect(verdicts).toEqual([true, true, true, true, true, false]);
});

const deaths = fc.array(
  fc.record({
    wasReady: fc.boolean(),
    finishedJobs: fc.nat(2),
    // Rare, as it is.
    permanent: fc.nat(9).map((number) => number === 0),
    explained: fc.boolean(),
  }),
  { maxLength: 60 },
);

test("whatever it dies of, a slot is given up in time and never too early, and its delays stay in bounds (10,000 runs)", () => {
  fc.assert(
    fc.property(deaths, fc.double({ min: 0, max: 0.999, noNaN: true }), (history, chance) => {
      const policy = createRestartPolicy(settings, () => chance);
      let idle = 0;
      let stillborn = 0;
      let proven = false;
      for (const death of history) {
        const verdict = policy.judge(death);
        if (death.permanent) {
          if (verdict.respawn) return false;
          continue;
        }
        proven ||= death.finishedJobs > 0;
        if (death.finishedJobs > 0) idle = 0;
        const excused = death.explained && proven;
        idle = excused ? 0 : idle + 1;
        stillborn = excused || death.wasReady ? 0 : stillborn + 1;
        if (verdict.respawn !== (idle <= settings.maxFailures && stillborn < 2)) return false;
        if (
          verdict.respawn &&
          !(verdict.delayMs >= settings.backoffMs / 2 && verdict.delayMs <= settings.maxBackoffMs)
        ) {
          return false;
        }
      }
      policy.forgive();
      return policy.judge(idleDeath).respawn;
    }),
    { numRuns: 10_000 },
  );
});
