/** What `doctor --tune` shows: progress on the terminal, then every layout beside the chosen one. */
import { isDeepStrictEqual } from "node:util";
import type { Config } from "../../core/config.ts";
import type { Layout, Tuning } from "../../core/tuning.ts";
import { type ExitCode, exitCodes, type Io } from "../io.ts";
import { progressBar } from "../progress-bar.ts";
import { createStatusLine } from "../status-line.ts";
import { renderTable } from "../table.ts";
import { readHost } from "./host.ts";
import { tune } from "./tune.ts";

export async function runTuning(config: Config, options: { io: Io; rounds: number; json: boolean }): Promise<ExitCode> {
  const { io } = options;
  const status = createStatusLine(io);
  try {
    const { file, tuning } = await tune({
      config,
      host: readHost(),
      rounds: options.rounds,
      signal: io.interrupted,
      onProgress: ({ part, stage, layout }) => status.show(`${progressBar(part)}  ${stage}: ${describe(layout)}`),
    });
    status.clear();
    io.out(options.json ? `${JSON.stringify({ file, ...tuning })}\n` : render(tuning, file));
    return exitCodes.ok;
  } finally {
    status.clear();
  }
}

function render({ measured, choice }: Tuning, file: string): string {
  const [reference] = measured;
  const ratio = (value: number, whole: number | undefined) => (value / (whole ?? value)).toFixed(2);
  const rows = measured.map(({ layout, lone_s, busy_s, rss_bytes }) => [
    isDeepStrictEqual(layout, choice) ? "*" : "",
    describe(layout),
    `${lone_s.toFixed(2)} s`,
    ratio(lone_s, reference?.lone_s),
    `${busy_s.toFixed(2)} s`,
    ratio(busy_s, reference?.busy_s),
    `${Math.round(rss_bytes / 1e6)} MB`,
  ]);
  const table = renderTable(["", "LAYOUT", "ALONE", "RATIO", "8 AT ONCE", "RATIO", "MEMORY"], rows);
  return `${table}\n* is used from the next start on (${file}).\n`;
}

function describe({ workers, threads_per_worker, encode_threads, environment }: Layout): string {
  const apart = encode_threads === 0 ? [] : [`encoding by ${encode_threads}`];
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [`${workers} x ${threads_per_worker}`, ...apart, ...variables].join(" ");
}
