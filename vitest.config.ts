import { defineConfig } from "vitest/config";

interface Pace {
  testTimeout: number;
  /** Files side by side; real models and real processes share the cores badly. */
  fileParallelism?: boolean;
  /** Projects run one after another, the quickest first. */
  groupOrder: number;
}

const project = (name: string, include: string, { groupOrder, ...pace }: Pace) => ({
  test: { name, include: [include], sequence: { groupOrder }, ...pace },
});

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    projects: [
      project("unit", "control/src/**/*.test.ts", { groupOrder: 0, testTimeout: 5_000 }),
      project("gates", "control/test/gates/**/*.test.ts", { groupOrder: 1, testTimeout: 30_000 }),
      project("integration", "control/test/integration/**/*.test.ts", { groupOrder: 2, testTimeout: 30_000 }),
      project("e2e", "control/test/e2e/**/*.test.ts", { groupOrder: 3, testTimeout: 120_000, fileParallelism: false }),
      project("system", "control/test/system/**/*.test.ts", {
        groupOrder: 4,
        testTimeout: 300_000,
        fileParallelism: false,
      }),
    ],
  },
});
