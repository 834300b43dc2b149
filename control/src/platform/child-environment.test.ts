import { afterEach, expect, test, vi } from "vitest";
import { childEnvironment } from "./child-environment.ts";

afterEach(() => vi.unstubAllEnvs());

test("a child sees where programs and libraries are, and nothing that could hold a key", () => {
  vi.stubEnv("PATH", "/programs");
  vi.stubEnv("LD_LIBRARY_PATH", "/libraries");
  vi.stubEnv("HUM_API_KEY", "s3cret-key");
  vi.stubEnv("HUM_REDIS_URL", "redis://me:s3cret@host");
  vi.stubEnv("PYTHONPATH", "/elsewhere");
  const env = childEnvironment("/package");
  expect(env).toMatchObject({ PATH: "/programs", LD_LIBRARY_PATH: "/libraries", PYTHONPATH: "/package" });
  expect(JSON.stringify(env)).not.toContain("s3cret");
});

test("a variable that is not set is not set for a child either", () => {
  vi.stubEnv("CUDA_VISIBLE_DEVICES", undefined);
  expect(childEnvironment("/package")).not.toHaveProperty("CUDA_VISIBLE_DEVICES");
});

test("a child on a job's path never asks the hub", () => {
  vi.stubEnv("HF_HUB_OFFLINE", "0");
  vi.stubEnv("HF_TOKEN", "hf_secret");
  expect(childEnvironment("/package")).toMatchObject({ HF_HUB_OFFLINE: "1" });
  expect(childEnvironment("/package")).not.toHaveProperty("HF_TOKEN");
});
