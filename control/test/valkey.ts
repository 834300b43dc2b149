/** Servers of the tests' own: the Valkey of the Python package, with whatever settings, killed and started again at will. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { checkoutRoot } from "../src/core/checkout.ts";
import { connectRedis } from "../src/events/clients/redis.ts";
import { locateServer } from "../src/events/embedded/locate.ts";
import { type Child, spawnChild } from "../src/platform/child.ts";
import { childEnvironment } from "../src/platform/child-environment.ts";
import { testConfig } from "./config.ts";
import { freePort } from "./ports.ts";

export interface Valkey {
  readonly port: number;
  readonly url: string;
  /** Resolves once it answers; with the same port and data after each kill. */
  start(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  signal(signal: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export interface ValkeyOptions {
  /** Made where it is missing; holds the data. */
  dir: string;
  /** Arguments of valkey-server besides the port and the directory. */
  args?: readonly string[];
  port?: number;
}

export async function createValkey(options: ValkeyOptions): Promise<Valkey> {
  const { dir, args = ["--appendonly", "yes", "--save", ""] } = options;
  const packageDir = join(checkoutRoot, "sidecar/src");
  const { python } = testConfig(dir);
  const binary = await locateServer(python, packageDir);
  const port = options.port ?? (await freePort());
  const url = `redis://127.0.0.1:${port}`;
  const said: string[] = [];
  let child: Child | null = null;
  mkdirSync(dir, { recursive: true });

  return {
    port,
    url,
    async start() {
      const started = spawnChild({
        command: python,
        args: ["-m", "hum_sidecar.tether", "--", binary, ...args, "--port", String(port), "--dir", dir].concat([
          ...["--bind", "127.0.0.1", "--loglevel", "warning"],
        ]),
        env: childEnvironment(packageDir),
        onLine: (line) => void said.push(line),
      });
      child = started;
      let ended = false;
      void started.exited.then(() => {
        ended = true;
      });
      await vi.waitFor(
        async () => {
          if (ended) throw new Error(`valkey-server ended: ${said.slice(-5).join(" / ")}`);
          const connection = await connectRedis({ url, name: "probe", commandTimeoutMs: 1_000 });
          const reply = await connection.call("PING").finally(() => connection.close());
          if (reply !== "PONG") throw new Error(`valkey-server answered ${reply}`);
        },
        { timeout: 10_000, interval: 20 },
      );
    },
    async kill() {
      child?.kill("SIGKILL");
      await child?.exited;
    },
    signal: (signal) => child?.kill(signal),
    async stop() {
      child?.kill("SIGCONT");
      await child?.stop(500);
    },
  };
}
