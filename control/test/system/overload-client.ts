/**
 * Asks a server for transcripts at a steady rate, whether it answers or not, in a process of its own: what a test runner
 * does beside would count as the server's time. Prints one line of JSON: what became of each request.
 *
 * Usage: overload-client.ts URL REQUESTS_PER_S SECONDS DEADLINE_MS
 */
import { Agent, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { makeWav } from "../wav.ts";

export interface Outcome {
  /** 0 for a connection that broke. */
  status: number;
  tookMs: number;
  retryAfter: string | null;
  /** Since the first request of the steady rate. */
  endedMs: number;
  /** How the connection broke. */
  broken: string | null;
}

const [url = "", perS, seconds, deadlineMs = ""] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const agent = new Agent({ keepAlive: true, maxSockets: 512 });
/** A second of audio. */
const clip = makeWav(Buffer.alloc(32_000));
let beganMs = performance.now();

function ask(): Promise<Outcome> {
  const askedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const end = (facts: Pick<Outcome, "status" | "retryAfter" | "broken">) => {
    const endedMs = performance.now();
    resolve({ ...facts, tookMs: endedMs - askedMs, endedMs: endedMs - beganMs });
  };
  const asked = request({
    agent,
    hostname,
    port,
    method: "POST",
    path: "/v1/audio/transcriptions?speech_gate=false",
    headers: {
      "content-type": "audio/wav",
      "content-length": clip.byteLength,
      "x-request-timeout-ms": deadlineMs,
    },
  });
  asked.once("error", (error) => end({ status: 0, retryAfter: null, broken: String(error) }));
  asked.once("response", (response) => {
    const retryAfter = response.headers["retry-after"] ?? null;
    buffer(response).then(
      () => end({ status: response.statusCode ?? 0, retryAfter, broken: null }),
      (error) => end({ status: 0, retryAfter, broken: String(error) }),
    );
  });
  asked.end(clip);
  return promise;
}

// So that the pace is known, and the code has run before.
await Promise.all(Array.from({ length: 40 }, ask));
const asked: Promise<Outcome>[] = [];
beganMs = performance.now();
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const sinceS = (performance.now() - beganMs) / 1000;
    if (sinceS >= Number(seconds)) {
      clearInterval(timer);
      return resolve();
    }
    while (asked.length < sinceS * Number(perS)) asked.push(ask());
  }, 5);
});
process.stdout.write(`${JSON.stringify(await Promise.all(asked))}\n`);
agent.destroy();
