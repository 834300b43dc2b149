/** A node for the examples of proto/events/consumers: where they look for it, killed and started again at will. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { connectRedis, type RedisConnection } from "../../src/events/clients/redis.ts";
import { adminUrlOf, readIdentity } from "../../src/events/embedded/identity.ts";
import { type CliRun, fakeNode, samplePath, spawnCli, stopGraceMs, untilServing } from "../integration/cli-rig.ts";
import { freePort } from "../ports.ts";

export interface ExampleNode {
  readonly url: string;
  /** Starts it again where it was killed: the same port, the same data. */
  start(): Promise<void>;
  /** SIGKILL, to the node and with it to all that it started. */
  kill(): Promise<void>;
  /** SIGKILL to its Redis, which it starts again. */
  killRedis(): Promise<void>;
  /** With every right, also those that no subscriber has. The caller closes it. */
  connectAsAdmin(): Promise<RedisConnection>;
  /** Resolves with the job's id. */
  transcribe(audio?: { body: string | Uint8Array<ArrayBuffer>; query: string }): Promise<string>;
  stop(): Promise<void>;
}

/** `directory` is where the examples run: without further words they find the URL of its Redis from there. */
export async function startExampleNode(directory: string): Promise<ExampleNode> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const dataDir = join(directory, ".hum/data");
  const env = { ...fakeNode(directory), HUM_DATA_DIR: dataDir, HUM_HTTP_PORT: String(port) };
  let run: CliRun;

  async function connectAsAdmin(): Promise<RedisConnection> {
    const identity = readIdentity(join(dataDir, "redis"));
    const adminUrl = adminUrlOf(identity, { port: identity.port ?? 0 });
    return connectRedis({ url: adminUrl, name: "test", commandTimeoutMs: 5_000 });
  }

  async function start(): Promise<void> {
    run = spawnCli(["serve"], { env });
    await untilServing(run);
  }
  await start();

  return {
    url,
    start,
    connectAsAdmin,
    async kill() {
      run.child.kill("SIGKILL");
      await run.child.exited;
    },
    async killRedis() {
      const admin = await connectAsAdmin();
      const pid = Number(/process_id:(\d+)/.exec(String(await admin.call("INFO", "server")))?.[1]);
      admin.close();
      process.kill(pid, "SIGKILL");
      await vi.waitFor(async () => (await connectAsAdmin()).close(), { timeout: 20_000, interval: 50 });
    },
    async transcribe({ body, query } = { body: readFileSync(samplePath), query: "" }) {
      const headers = { "content-type": "application/octet-stream" };
      const response = await fetch(`${url}/v1/audio/transcriptions${query}`, { method: "POST", headers, body });
      await response.text();
      return response.headers.get("x-job-id") ?? "";
    },
    async stop() {
      await run.child.stop(stopGraceMs);
    },
  };
}

/** A job whose whole text no event has room for: 4,900 segments of silence. */
export const longAudio = {
  body: new Uint8Array(4_900 * 4_000),
  query: "?raw_encoding=mulaw&raw_sample_rate=4000&speech_gate=false",
};
