import { defineConfig } from "vitest/config";

const project = (name: string, include: string[], options: { testTimeout: number; fileParallelism?: boolean }) => ({
  test: { name, include, ...options },
});

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    projects: [
      project("unit", ["control/src/**/*.test.ts"], { testTimeout: 5_000 }),
      project("integration", ["control/test/integration/**/*.test.ts"], { testTimeout: 30_000 }),
      // Real models share two cores: two files at once would only make both slow.
      project("e2e", ["control/test/e2e/**/*.test.ts"], { testTimeout: 120_000, fileParallelism: false }),
      project("system", ["control/test/system/**/*.test.ts"], { testTimeout: 300_000, fileParallelism: false }),
    ],
  },
});
