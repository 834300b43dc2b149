import { expect, test } from "vitest";
import type { Layout, Tuning } from "../core/tuning.ts";
import { chooseLayout, untunedLayout } from "./layout.ts";

const choice: Layout = {
  workers: 3,
  threads_per_worker: 1,
  encode_threads: 4,
  environment: { OMP_WAIT_POLICY: "PASSIVE" },
};
const tuning: Tuning = {
  version: 1,
  measured_at: "2026-01-01T00:00:00Z",
  host: { processor: "p", cores: 4 },
  model: "base",
  choice,
  measured: [],
};
const left = { workers: 0, threads_per_worker: 0, use_tuning: true };

test.each([
  [1, 2, 1, 0],
  [2, 2, 1, 2],
  [4, 4, 1, 4],
  [8, 4, 2, 8],
  [64, 16, 4, 8],
])(
  "%i cores that nobody measured get %i workers of %i threads, and %i threads to encode for a lone request",
  (...row) => {
    const [cores, workers, threads_per_worker, encode_threads] = row;
    expect(untunedLayout(cores)).toMatchObject({ workers, threads_per_worker, encode_threads });
  },
);

test.each([
  [1, 2, 1],
  [2, 2, 2],
  [8, 4, 4],
  [64, 32, 4],
])("weights that are too large to be held twice get, on %i cores, %i workers of %i threads", (...row) => {
  const [cores, workers, threads_per_worker] = row;
  const layout = untunedLayout(cores, { weightBytes: 1_500_000_000 });
  expect(layout).toMatchObject({ workers, threads_per_worker, encode_threads: 0 });
});

test("what was measured is used where the configuration leaves both numbers open", () => {
  expect(chooseLayout(left, { tuning })).toEqual(choice);
});

test("what was measured with a copy is not used for weights that are too large to be held twice, but for its environment", () => {
  expect(chooseLayout(left, { tuning, cores: 2, weightBytes: 3_000_000_000 })).toEqual({
    ...untunedLayout(2, { weightBytes: 3_000_000_000 }),
    environment: choice.environment,
  });
});

test("what was measured is not used where the configuration says so", () => {
  expect(chooseLayout({ ...left, use_tuning: false }, { tuning, cores: 2 })).toEqual(untunedLayout(2));
});

test("a number in the configuration wins, and keeps the measured environment", () => {
  expect(chooseLayout({ ...left, workers: 5 }, { tuning, cores: 2 })).toEqual({
    workers: 5,
    threads_per_worker: 1,
    encode_threads: 0,
    environment: choice.environment,
  });
});
