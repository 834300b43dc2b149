/** Which SUT has which colour and shape in a report. */
import type { RunSummary } from "../summary.ts";

export function seriesOf({ summary }: { summary: RunSummary }): Map<string, number> {
  return new Map([...new Set(summary.configs.map(({ sut }) => sut))].map((sut, series) => [sut, series]));
}
