/** A real node in a process of its own over a data directory that outlives it, and clients that load it. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { cloudEventSchema, nameOf } from "../../src/events/envelope.ts";
import { type ChildExit, spawnChild } from "../../src/platform/child.ts";
import { makeWav } from "../wav.ts";
import type { JobEventSeen } from "./checker.ts";

export interface Node {
  readonly pid: number;
  /** Since the epoch. */
  readonly spawnedMs: number;
  /** Resolves once HTTP and the bus are there; rejects with what it said where it ends before. */
  readonly ready: Promise<{ url: string; redisUrl: string }>;
  readonly output: readonly string[];
  readonly exited: Promise<ChildExit>;
  kill(signal: NodeJS.Signals): void;
  stop(): Promise<ChildExit>;
}

export function startNode(dataDir: string, env: Record<string, string> = {}): Node {
  const output: string[] = [];
  const url = Promise.withResolvers<string>();
  const redisUrl = Promise.withResolvers<string>();
  const spawnedMs = Date.now();
  const child = spawnChild({
    command: join(checkoutRoot, "control/bin/hum-helix"),
    args: ["serve"],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("HUM_"))),
      HUM_DATA_DIR: dataDir,
      HUM_HTTP_PORT: "0",
      HUM_MODEL: "fake:slow=0.05",
      HUM_ALLOW_FAKE_MODELS: "true",
      HUM_LOG_LEVEL: "warn",
      ...env,
    },
    onLine(line) {
      output.push(line);
      const http = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
      if (http !== undefined) url.resolve(http);
      if (/^rediss?:\/\/\S+$/.test(line)) redisUrl.resolve(line);
    },
  });
  const early = child.exited.then((exit) => {
    throw new Error(`the node ended early: ${JSON.stringify(exit)}\n${output.join("\n")}`);
  });
  const ready = Promise.race([Promise.all([url.promise, redisUrl.promise]), early]).then(([http, bus]) => ({
    url: http,
    redisUrl: bus,
  }));
  ready.catch(() => undefined);
  return {
    pid: child.pid ?? 0,
    spawnedMs,
    ready,
    output,
    exited: child.exited,
    kill: child.kill,
    stop: () => child.stop(20_000),
  };
}

export interface Clients {
  /** Jobs whose id a client has been told. */
  readonly accepted: ReadonlySet<string>;
  /** Those of them whose whole transcript a client has had. */
  readonly answered: ReadonlySet<string>;
  /** Answers by their status; `broken` for those that never came to an end. */
  readonly answers: ReadonlyMap<string, number>;
  stop(): Promise<void>;
}

const clip = makeWav(Buffer.alloc(32_000 * 2));

/** Each asks, hears the answer to its end, and asks again; every second one wants its transcript as it is made. */
export function startClients(url: string, { clients }: { clients: number }): Clients {
  const accepted = new Set<string>();
  const answered = new Set<string>();
  const answers = new Map<string, number>();
  const count = (outcome: string) => answers.set(outcome, (answers.get(outcome) ?? 0) + 1);
  const ending = new AbortController();

  async function ask(query: string): Promise<void> {
    const request = { method: "POST", headers: { "content-type": "audio/wav" }, body: clip };
    const response = await fetch(`${url}/v1/audio/transcriptions?speech_gate=false${query}`, request);
    const jobId = response.headers.get("x-job-id");
    if (jobId !== null) accepted.add(jobId);
    const body = await response.text();
    count(String(response.status));
    // A stream that fails says so in its last event, under a status that was sent long before.
    const isWhole = response.status === 200 && (query === "" || body.includes("transcript.text.done"));
    if (jobId !== null && isWhole) answered.add(jobId);
  }

  async function live(index: number): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await ask(index % 2 === 0 ? "" : "&stream=true");
      } catch {
        count("broken");
        await pause(20);
      }
    }
  }

  const lives = Array.from({ length: clients }, (_, index) => live(index));
  return {
    accepted,
    answered,
    answers,
    async stop() {
      ending.abort();
      await Promise.all(lives);
    },
  };
}

export interface StreamedJobEvent extends JobEventSeen {
  source: string;
  sequence: number;
  time: string;
  /** Of a failure. */
  code: string | null;
}

const dataSchema = z.looseObject({ job_id: z.string(), error: z.looseObject({ code: z.string() }).optional() });

/** The CloudEvents of the stream of transcriptions, in their order. */
export function jobEventsOf(jsons: readonly string[]): StreamedJobEvent[] {
  return jsons.map((json) => {
    const { id, type, data, sequence, source, time } = cloudEventSchema.parse(JSON.parse(json));
    const { job_id: jobId, error } = dataSchema.parse(data);
    return { id, name: nameOf(type), jobId, source, sequence: Number(sequence), time, code: error?.code ?? null };
  });
}
