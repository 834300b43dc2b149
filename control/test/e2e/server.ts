/** A real server for the end-to-end tests: the command line's `serve` in a process of its own, on free ports. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { type ChildExit, spawnChild } from "../../src/platform/child.ts";

export const samplePath = join(checkoutRoot, "configs", "samples", "jfk.wav");

export const jfkText =
  "And so my fellow Americans, ask not what your country can do for you, ask what you can do for your country.";

export interface TestServer {
  readonly url: string;
  /** The embedded server's subscriber URL, as the banner shows it. */
  readonly redisUrl: string;
  readonly pid: number;
  readonly dataDir: string;
  /** Everything that it printed so far. */
  readonly output: string[];
  readonly exited: Promise<ChildExit>;
  stop(): Promise<ChildExit>;
}

/** Resolves when the banner is complete, with the default model ready; rejects with the output if it ends before. */
export async function startServer(env: Record<string, string> = {}): Promise<TestServer> {
  const dir = mkdtempSync(join(tmpdir(), "hum-e2e-"));
  const output: string[] = [];
  const url = Promise.withResolvers<string>();
  const redisUrl = Promise.withResolvers<string>();
  const child = spawnChild({
    command: join(checkoutRoot, "control", "bin", "hum-helix"),
    args: ["serve"],
    env: { ...inheritedEnv(), HUM_DATA_DIR: join(dir, "data"), HUM_HTTP_PORT: "0", ...env },
    onLine(line) {
      output.push(line);
      const http = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (http !== undefined) url.resolve(http);
      if (/^rediss?:\/\/\S+$/.test(line)) redisUrl.resolve(line);
    },
  });
  const early = child.exited.then((exit) => {
    throw new Error(`the server ended early: ${JSON.stringify(exit)}\n${output.join("\n")}`);
  });
  const [serverUrl, busUrl] = await Promise.race([Promise.all([url.promise, redisUrl.promise]), early]);
  return {
    url: serverUrl,
    redisUrl: busUrl,
    pid: child.pid ?? 0,
    dataDir: join(dir, "data"),
    output,
    exited: child.exited,
    async stop() {
      const exit = await child.stop(20_000);
      rmSync(dir, { recursive: true, force: true });
      return exit;
    },
  };
}

/** What a shell would give it, less every HUM_ variable except where the weights are. */
function inheritedEnv(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && (!name.startsWith("HUM_") || name === "HUM_MODEL_DIR"),
  );
  return Object.fromEntries(kept) as Record<string, string>;
}
