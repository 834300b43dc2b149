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
