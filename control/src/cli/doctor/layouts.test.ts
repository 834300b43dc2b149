import { describe, expect, test } from "vitest";
import type { Layout, Measured } from "../../core/tuning.ts";
import { untunedLayout } from "../../fleet/layout.ts";
import { bestOf, type Host, stagesFor } from "./layouts.ts";

const host: Host = { cores: 2, flags: new Set(["sse4_2", "avx2"]), glibc: true };
const base = untunedLayout(2);
const vary = (name: string, of: Host = host) =>
  stagesFor(of)
    .find((stage) => stage.name === name)
    ?.vary(base) ?? [];

const measured = (lone_s: number, busy_s: number, megabytes = 300): Measured => ({
  layout: { ...base, workers: lone_s * 1000 },
  lone_s,
  busy_s,
  rss_bytes: megabytes * 1e6,
});

describe("the stages", () => {
  test("begin with the layout that is used where nothing was measured, and no split twice", () => {
    const splits = vary("workers x threads").map(
      (one) => `${one.workers} x ${one.threads_per_worker} + ${one.encode_threads}`,
    );
    expect(splits).toEqual(["2 x 1 + 2", "2 x 2 + 0", "2 x 1 + 0", "1 x 2 + 0"]);
  });

  test("hold no weights twice that are too large for it", () => {
    const large = stagesFor({ ...host, weightBytes: 3_000_000_000 });
    const first = untunedLayout(2, { weightBytes: 3_000_000_000 });
    expect(large.flatMap(({ vary: stage }) => stage(first)).filter((one) => one.encode_threads > 0)).toEqual([]);
  });

  test("keep the best so far among what they compare it with", () => {
    for (const { name, vary: stage } of stagesFor(host)) expect(stage(base), name).toContainEqual(base);
  });

  test("try only instruction sets that the processor has", () => {
    const forced = (layouts: Layout[]) => layouts.map((one) => one.environment.CT2_FORCE_CPU_ISA);
    expect(forced(vary("instruction set"))).toEqual([undefined, "AVX2"]);
    expect(forced(vary("instruction set", { ...host, flags: new Set() }))).toEqual([undefined]);
  });

  test("try no settings of glibc where there is none", () => {
    expect(vary("allocator", { ...host, glibc: false })).toEqual([base]);
    expect(vary("allocator").map((one) => one.environment.GLIBC_TUNABLES)).toContain(undefined);
  });
});

describe("the best", () => {
  test("is the fastest, where a lone request and eight at once count alike", () => {
    const [slow, fast, uneven] = [measured(1, 8), measured(0.9, 6), measured(0.6, 11)];
    expect(bestOf([slow, fast, uneven])).toBe(fast);
  });

  test("is the first where the others differ by noise", () => {
    const first = measured(1, 8);
    expect(bestOf([first, measured(0.98, 8)])).toBe(first);
  });

  test("needs a tenth of speed for every 100 MB more", () => {
    const first = measured(1, 8);
    const greedy = measured(0.85, 7, 550);
    const modest = measured(0.85, 7, 320);
    expect(bestOf([first, greedy])).toBe(first);
    expect(bestOf([first, greedy, modest])).toBe(modest);
  });
});
