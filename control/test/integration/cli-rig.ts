/** The command line for its tests: the real launcher in a process of its own, with the environment that a test gives it. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";
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

/** Ended with the test. */
export function startCli(args: readonly string[], options: CliOptions = {}): CliRun {
  const run = spawnCli(args, options);
  onTestFinished(async () => void (await run.child.stop(stopGraceMs)));
  return run;
}

export const stopGraceMs = 20_000;

/** Nothing of the caller's HUM_ settings comes through but where the weights are. Whoever calls it ends it. */
export function spawnCli(args: readonly string[], options: CliOptions = {}): CliRun {
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
  return { child, out, err, result: child.exited.then(({ code }) => ({ code, out, err })) };
}

export const runCli = (args: readonly string[], options?: CliOptions) => startCli(args, options).result;

/** Removed after the test. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-cli-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** What a pull has left in a model directory: models, and what is under way; a lock that nobody holds is nothing. */
export function contentsOf(modelDir: string): string[] {
  const names = (directory: string) => (existsSync(directory) ? readdirSync(directory) : []);
  const staged = names(join(modelDir, ".pull")).filter((name) => !name.includes(".lock"));
  return [...names(modelDir).filter((name) => name !== ".pull"), ...staged.map((name) => join(".pull", name))];
}

/** Settings of a node on the scripted engine, whose transcripts cost nothing. */
export const fakeNode = (directory = makeDirectory()): Record<string, string> => ({
  HUM_ALLOW_FAKE_MODELS: "1",
  HUM_MODEL: "fake:echo",
  HUM_DATA_DIR: join(directory, "data"),
});

/** Resolves with the URL once the banner is complete. */
export async function untilServing(run: CliRun): Promise<string> {
  const banner = () => {
    const said = run.out.join("\n");
    if (!said.includes("Ctrl-C stops everything.")) throw new Error([said, ...run.err].join("\n"));
  };
  await vi.waitFor(banner, { timeout: 20_000 });
  return /ready at (http:\S+)/.exec(run.out.join("\n"))?.[1] ?? "";
}
