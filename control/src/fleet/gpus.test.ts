import { expect, test } from "vitest";
import { findGpus, placeProcesses } from "./gpus.ts";

test("each GPU has a process of its own", () => {
  expect(placeProcesses({ device: "auto", sidecars: 1, gpus: ["0", "1"] })).toEqual(["0", "1"]);
  expect(placeProcesses({ device: "cuda", sidecars: 2, gpus: ["0", "1"] })).toEqual(["0", "1", "0", "1"]);
});

test("without a GPU, or where the CPU is asked for, a process has none", () => {
  expect(placeProcesses({ device: "auto", sidecars: 2, gpus: [] })).toEqual([null, null]);
  expect(placeProcesses({ device: "cpu", sidecars: 1, gpus: ["0"] })).toEqual([null]);
});

test("CUDA_VISIBLE_DEVICES says which GPUs may be used", () => {
  expect(findGpus({ CUDA_VISIBLE_DEVICES: "2, GPU-8932f937" })).toEqual(["2", "GPU-8932f937"]);
  expect(findGpus({ CUDA_VISIBLE_DEVICES: "" })).toEqual([]);
  expect(findGpus({ CUDA_VISIBLE_DEVICES: "-1" })).toEqual([]);
});
