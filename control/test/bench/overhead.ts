/** `npm run bench:overhead`: what HTTP, ZeroMQ and events add to an in-process call on the same clip, interleaved. */
import { readFileSync } from "node:fs";
import { Agent, type IncomingMessage, request } from "node:http";
import { availableParallelism } from "node:os";
import { text as readText } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { modelDir } from "../e2e/direct.ts";
import { samplePath, startServer } from "../e2e/server.ts";
import { makeWav } from "../wav.ts";
import { startInProcess } from "./in-process.ts";

const { values } = parseArgs({
  options: { blocks: { type: "string", default: "6" }, json: { type: "boolean", default: false } },
});
const blocks = Number(values.blocks);
if (!Number.isInteger(blocks) || blocks < 1) {
  process.stderr.write(`--blocks is ${JSON.stringify(values.blocks)}; it must be a whole number from 1\n`);
  process.exit(2);
}
const model = "base";
const warmRequests = 30;

const speech = readFileSync(samplePath);
const silence = makeWav(Buffer.alloc(32_000));
const workers = availableParallelism();
// The same layout on both sides: without the copy that encodes for a lone request, which plain faster-whisper has not.
const server = await startServer({ HUM_WORKERS: String(workers), HUM_THREADS_PER_WORKER: "1" });
// The server leads a session of its own: a terminal's Ctrl-C reaches only us.
process.once("SIGINT", () => void server.stop().then(() => process.exit(130)));
const inProcess = startInProcess({ modelDir: modelDir(model), wav: samplePath, workers });
/** One connection that is kept, and no more of a client than that: it is not what is measured. */
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

async function ask(path: string, wav?: Buffer): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { "content-type": "audio/wav" };
  const asked = request(`${server.url}${path}`, wav === undefined ? { agent } : { agent, method: "POST", headers });
  asked.once("response", resolve).once("error", reject).end(wav);
  const answer = await promise;
  const body = await readText(answer);
  if (answer.statusCode !== 200) throw new Error(`the server answered ${answer.statusCode}: ${body}`);
  return body;
}

const transcribe = (wav: Buffer, query = "") => ask(`/v1/audio/transcriptions?model=${model}&language=en${query}`, wav);

async function timeHttp() {
  const before = await processedSeconds();
  const startedMs = performance.now();
  await transcribe(speech, "&speech_gate=false");
  const totalMs = performance.now() - startedMs;
  const engineMs = ((await processedSeconds()) - before) * 1000;
  if (!(engineMs > 0)) throw new Error("the server's metrics do not tell how long the engine took");
  return { totalMs, addedMs: totalMs - engineMs };
}

/** The engine's own clock: what remains of a request's time is what we add. */
async function processedSeconds(): Promise<number> {
  return Number(/^hum_job_processing_seconds_sum\{model="base"\} (\S+)$/m.exec(await ask("/metrics"))?.[1] ?? 0);
}

const timeDirect = async () => (await inProcess.time()) * 1000;

/** Code that has hardly run yet is slow. Silence takes the whole path but the engine, which the speech gate spares. */
async function warmUp() {
  for (let warm = 0; warm < warmRequests; warm += 1) await transcribe(silence);
  await timeHttp();
  await timeDirect();
}

const median = (numbers: number[]) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

try {
  await warmUp();
  const http: { totalMs: number; addedMs: number }[] = [];
  const direct: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    http.push(await timeHttp());
    direct.push(await timeDirect(), await timeDirect());
    http.push(await timeHttp());
    if (!values.json) process.stderr.write(`block ${block + 1} of ${blocks}\n`);
  }
  const result = {
    trials: http.length,
    http_p50_ms: median(http.map((trial) => trial.totalMs)),
    in_process_p50_ms: median(direct),
    added_p50_ms: median(http.map((trial) => trial.addedMs)),
    added_ratio: median(http.map((trial) => trial.addedMs / (trial.totalMs - trial.addedMs))),
  };
  const lines = [
    `one request through HTTP   p50 ${result.http_p50_ms.toFixed(1)} ms over ${result.trials} trials`,
    `in-process call            p50 ${result.in_process_p50_ms.toFixed(1)} ms over ${result.trials} trials`,
    `added per request          p50 ${result.added_p50_ms.toFixed(2)} ms (${(100 * result.added_ratio).toFixed(2)} %), by the engine's own clock`,
  ];
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${lines.join("\n")}\n`);
} finally {
  agent.destroy();
  await Promise.all([inProcess.stop(), server.stop()]);
}
