/** The command line for its tests: the real launcher in a process of its own, with the environment that a test gives it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { type Child, spawnChild } from "../../src/platform/child.ts";

export const launcher = join(checkoutRoot, "control", "bin", "hum-helix");
export const samplePath = join(checkoutRoot, "configs", "samples", "jfk.wav");

export interface CliResult {
  code: number | null;
  out: string[];
  err: string[];
}

export interface CliRun {
  child: Child;
  out: string[];
  err: string[];
  result: Promise<CliResult>;
}

export interface CliOptions {
  env?: Record<string, string>;
  cwd?: string;
  command?: string;
}

/** Nothing of the caller's HUM_ settings comes through but where the weights are; it is ended with the test. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const out: string[] = [];
  const err: string[] = [];
  const inherited = Object.entries(process.env).filter(
    (pair): pair is [string, string] =>
      pair[1] !== undefined && (!pair[0].startsWith("HUM_") || pair[0] === "HUM_MODEL_DIR"),
  );
  const child = spawnChild({
    command: options.command ?? launcher,
    args,
    env: { ...Object.fromEntries(inherited), HUM_HTTP_PORT: "0", ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    onLine: (line, stream) => (stream === "stdout" ? out : err).push(line),
  });
  onTestFinished(async () => void (await child.stop(20_000)));
  return { child, out, err, result: child.exited.then(({ code }) => ({ code, out, err })) };
}

export const runCli = (args: readonly string[], options?: CliOptions) => startCli(args, options).result;

/** Removed after the test. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-cli-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
