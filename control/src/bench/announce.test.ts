import { expect, test } from "vitest";
import { makeRun, makeTrial } from "../../test/bench-records.ts";
import { createAnnouncer, type Publisher } from "./announce.ts";

test("a run's score counts neither warm-ups nor the run config that ran again for the A/A test", () => {
  const told: unknown[] = [];
  const publisher: Publisher = {
    runStarted: () => undefined,
    trialCompleted: () => undefined,
    runCompleted: (_run, data) => told.push(data),
  };
  const [config] = makeRun().configs;
  if (config === undefined) throw new Error("it has one");
  const twin = { ...config, config_key: "2e20000000000000", twin_of: config.config_key };
  const trial = makeTrial({ metrics: { words: 10, errors: 1 } });
  const timing = { ...trial.timing, total_s: 5 };
  const others = [
    makeTrial({ ...trial, timing, warmup: true }),
    makeTrial({ ...trial, timing, config_key: twin.config_key, metrics: { words: 10, errors: 9 } }),
  ];
  createAnnouncer(publisher).ended(makeRun({ configs: [config, twin] }), {
    status: "complete",
    trials: [trial, ...others],
    exit_code: 0,
  });
  expect(told).toMatchObject([{ rtfx: 20, wer: 0.1, trials: 2, exit_code: 0 }]);
});
