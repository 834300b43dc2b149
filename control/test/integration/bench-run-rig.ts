/** `hum-helix bench run` for its tests: a real harness in a process of its own, on the scripted engine or a server of the test's. */
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { onTestFinished, vi } from "vitest";
import { type Results, readResults } from "../../src/bench/results/reader.ts";
import type { TrialRecord } from "../../src/bench/results/record.ts";
import { processTrees } from "../../src/platform/process-table.ts";
import { writeDefinition } from "../bench-definition.ts";
import { alive } from "../processes.ts";
import { type CliRun, makeDirectory, startCli } from "./cli-rig.ts";

type Over = Parameters<typeof writeDefinition>[1];

export interface BenchPlace {
  definition: string;
  /** Where its results go. */
  out: string;
  env: Record<string, string>;
}

/** A definition in a directory of its own. */
export function placeBench(over: Over): BenchPlace {
  const directory = makeDirectory();
  // A harness that is killed leaves its server's directory to the next one, or to the test.
  const env = { HUM_ALLOW_FAKE_MODELS: "1", HUM_DATA_DIR: join(directory, "data"), TMPDIR: directory };
  return { definition: writeDefinition(directory, over), out: join(directory, "results"), env };
}

export const startBench = ({ definition, out, env }: BenchPlace, ...more: string[]): CliRun =>
  startCli(["bench", "run", definition, "--out", out, ...more], { env, cwd: dirname(definition) });

/** The only result file there is. */
export async function resultsIn({ out }: BenchPlace): Promise<Results> {
  const names = existsSync(out) ? readdirSync(out).filter((name) => name.endsWith(".db.yaml")) : [];
  if (names.length !== 1) throw new Error(`there are ${names.length} result files in ${out}`);
  return readResults(join(out, names[0] ?? ""));
}

export const counted = (trials: readonly TrialRecord[]) => trials.filter(({ warmup }) => !warmup);
export const idsOf = (trials: readonly TrialRecord[]) => counted(trials).map(({ trial_id }) => trial_id);

/** Resolves once so many trials that count are on the disk. */
export async function untilTrials(place: BenchPlace, run: CliRun, count: number): Promise<void> {
  const enough = async () => {
    const { length } = counted((await resultsIn(place)).trials);
    if (length < count) throw new Error(`${length} of ${count} trials: ${run.err.join("\n")}`);
  };
  await vi.waitFor(enough, { timeout: 25_000, interval: 30 });
}

/** A process and all that it has started, by what they are now. */
export const treeOf = (pid: number | undefined): number[] => processTrees([pid ?? 0]).map((one) => one.pid);

export const living = (pids: readonly number[]): number[] => pids.filter(alive);

/** A foreign server that answers each request with `text` after a while. */
export async function startForeign({ text, ms }: { text: string; ms: number }): Promise<string> {
  const server = createServer((request, response) => {
    const answer = () => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ text, language: "english", segments: [] }));
    };
    request.resume().once("end", () => setTimeout(answer, request.method === "POST" ? ms : 0));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
