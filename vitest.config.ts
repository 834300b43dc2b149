import { defineConfig } from "vitest/config";

interface Pace {
  testTimeout: number;
  /** Files at the same time. */
  maxWorkers: number;
  globalSetup?: string;
}

/** Real models and real processes that are measured share the cores badly. */
const alone = 1;
/** What mostly waits for others, such as for a broker's start; on a large machine no more than on a small one. */
const sideBySide = 2;

let groups = 0;

/** Projects run one after another, in this order, each under its own pace. */
const project = (name: string, include: string, pace: Pace) => ({
  test: {
    name,
    include: [include],
    sequence: { groupOrder: groups++ },
    setupFiles: ["control/test/patience.ts"],
    provide: { patienceMs: Math.min(20_000, (pace.testTimeout * 2) / 3) },
    // A message that stands alone, as at the end of a log, holds what was seen.
    chaiConfig: { truncateThreshold: 400 },
    hookTimeout: Math.max(10_000, pace.testTimeout),
    ...pace,
  },
});

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    projects: [
      project("unit", "control/src/**/*.test.ts", { testTimeout: 5_000, maxWorkers: sideBySide }),
      project("gates", "control/test/gates/**/*.test.ts", { testTimeout: 30_000, maxWorkers: sideBySide }),
      project("integration", "control/test/integration/**/*.test.ts", { testTimeout: 30_000, maxWorkers: sideBySide }),
      project("scripted", "control/test/e2e/scripted/*.test.ts", { testTimeout: 120_000, maxWorkers: sideBySide }),
      project("e2e", "control/test/e2e/*.test.ts", { testTimeout: 120_000, maxWorkers: alone }),
      project("buses", "control/test/system/buses/*.test.ts", {
        testTimeout: 300_000,
        maxWorkers: sideBySide,
        globalSetup: "control/test/brokers/fetch-kafka.ts",
      }),
      project("system", "control/test/system/*.test.ts", { testTimeout: 300_000, maxWorkers: alone }),
      project("containers", "control/test/containers/*.test.ts", { testTimeout: 900_000, maxWorkers: alone }),
    ],
  },
});
