/**
 * Asks a server for transcripts at a steady rate, whether it answers or not, and its twin at the same rate, in a process of
 * its own: what a test runner does beside would count as the server's time. Prints a line once it asks no more, and a line
 * of JSON, a Report, once all is answered.
 *
 * Usage: overload-client.ts URL TWIN_URL REQUESTS_PER_S SECONDS DEADLINE_MS
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

export interface Report {
  server: Outcome[];
  twin: Outcome[];
}

const [url = "", twinUrl = "", perS, seconds, deadlineMs = ""] = process.argv.slice(2);
/** A second of audio. */
const clip = makeWav(Buffer.alloc(32_000));
let beganMs = performance.now();

function clientOf(address: string) {
  const { hostname, port } = new URL(address);
  const agent = new Agent({ keepAlive: true, maxSockets: 512 });
  const asked: Promise<Outcome>[] = [];

  function ask(): Promise<Outcome> {
    const askedMs = performance.now();
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const end = (facts: Pick<Outcome, "status" | "retryAfter" | "broken">) => {
      const endedMs = performance.now();
      resolve({ ...facts, tookMs: endedMs - askedMs, endedMs: endedMs - beganMs });
    };
    const sent = request({
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
    sent.once("error", (error) => end({ status: 0, retryAfter: null, broken: String(error) }));
    sent.once("response", (response) => {
      const retryAfter = response.headers["retry-after"] ?? null;
      buffer(response).then(
        () => end({ status: response.statusCode ?? 0, retryAfter, broken: null }),
        (error) => end({ status: 0, retryAfter, broken: String(error) }),
      );
    });
    sent.end(clip);
    return promise;
  }

  return { asked, ask, close: () => agent.destroy() };
}

const [server, twin] = [clientOf(url), clientOf(twinUrl)];
// So that the pace is known, and the code has run before.
await Promise.all([server, twin].flatMap(({ ask }) => Array.from({ length: 40 }, ask)));
beganMs = performance.now();
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    const sinceS = (performance.now() - beganMs) / 1000;
    if (sinceS >= Number(seconds)) {
      clearInterval(timer);
      return resolve();
    }
    while (server.asked.length < sinceS * Number(perS)) {
      for (const { asked, ask } of [server, twin]) asked.push(ask());
    }
  }, 5);
});
process.stdout.write("asked all\n");
const report: Report = { server: await Promise.all(server.asked), twin: await Promise.all(twin.asked) };
process.stdout.write(`${JSON.stringify(report)}\n`);
for (const { close } of [server, twin]) close();
