/** `npm run bench:overhead`: what HTTP, ZeroMQ and events add to an in-process call on the same clip, interleaved. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { modelDir, python } from "../e2e/direct.ts";
import { samplePath, startServer } from "../e2e/server.ts";

const { values } = parseArgs({
  options: { blocks: { type: "string", default: "6" }, json: { type: "boolean", default: false } },
});
const blocks = Number(values.blocks);
const model = "base";

const server = await startServer();
const script = join(import.meta.dirname, "in_process.py");
const direct = execFile(python, [script, modelDir(model), samplePath, String(availableParallelism())]);
const answers = createInterface({ input: direct.stdout ?? process.stdin })[Symbol.asyncIterator]();

const wav = readFileSync(samplePath);

async function timeHttp() {
  const before = await processedSeconds();
  const startedMs = performance.now();
  const response = await fetch(`${server.url}/v1/audio/transcriptions?model=${model}&language=en&speech_gate=false`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body: wav,
  });
  await response.json();
  const totalMs = performance.now() - startedMs;
  if (!response.ok) throw new Error(`the server answered ${response.status}`);
  const engineMs = ((await processedSeconds()) - before) * 1000;
  return { totalMs, addedMs: totalMs - engineMs };
}

/** The engine's own clock: what remains of a request's time is what we add. */
async function processedSeconds(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^hum_job_processing_seconds_sum\{model="base"\} (\S+)$/m.exec(text)?.[1] ?? 0);
}

async function timeDirect(): Promise<number> {
  direct.stdin?.write("\n");
  const answer = await answers.next();
  return Number(answer.value) * 1000;
}

const median = (numbers: number[]) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
};

try {
  // Warm both sides once; it does not count.
  await timeHttp();
  await timeDirect();
  const http: { totalMs: number; addedMs: number }[] = [];
  const inProcess: number[] = [];
  for (let block = 0; block < blocks; block += 1) {
    http.push(await timeHttp());
    inProcess.push(await timeDirect(), await timeDirect());
    http.push(await timeHttp());
    if (!values.json) process.stderr.write(`block ${block + 1} of ${blocks}\n`);
  }
  const result = {
    trials: http.length,
    http_p50_ms: median(http.map((trial) => trial.totalMs)),
    in_process_p50_ms: median(inProcess),
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
  direct.stdin?.end();
  await Promise.all([once(direct, "exit"), server.stop()]);
}
