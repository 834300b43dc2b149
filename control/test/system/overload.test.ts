import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { percentile } from "../bench/statistics.ts";
import { startServer, type TestServer } from "../e2e/server.ts";
import { ofForm } from "../form.ts";
import { inspected, liveMemory, type Memory } from "./inspector.ts";
import type { Outcome, Report } from "./overload-client.ts";

const deadlineMs = 5000;
const durationS = ofForm({ short: 25, full: 60 });
const workers = 2;
/** A second of audio takes the scripted engine a tenth of a second at best. */
const capacityPerS = workers * 10;

const scriptOf = (name: string) => join(import.meta.dirname, name);

/** Processor time that a refusal costs the twin: by it, its median is what the server's is. */
const refusalUs = 700;

/** Resolves with its address. */
async function startTwin(): Promise<string> {
  const child = spawn(process.execPath, [scriptOf("overload-twin.ts"), String(refusalUs)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(async () => {
    child.kill();
    await once(child, "close");
  });
  const [port] = await once(createInterface(child.stdout), "line");
  return `http://127.0.0.1:${port}`;
}

/** Resolves with what became of each request, and what the server held when the last was sent and many still waited. */
async function overload(server: TestServer, twinUrl: string): Promise<Report & { loaded: Memory }> {
  const numbers = [capacityPerS * 10, durationS, deadlineMs].map(String);
  const args = [scriptOf("overload-client.ts"), server.url, twinUrl, ...numbers];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(child, "close");
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const { done } = await lines.next();
  const loaded = await liveMemory(server.output);
  const { value } = await lines.next();
  const [code] = await closed;
  if (done === true || code !== 0) throw new Error(`the client ended with ${code}`);
  return { ...(JSON.parse(String(value)) as Report), loaded };
}

/** What its engine's two workers can do in a second, by how long they were at one attempt. */
async function paceOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const sum = (name: RegExp) => metrics.matchAll(name).reduce((total, [, value]) => total + Number(value), 0);
  const busyS = sum(/^hum_sidecar_busy_seconds\{slot="engine[^}]*\} (\S+)$/gm);
  return workers / (busyS / sum(/^hum_job_attempts_total\{[^}]*\} (\S+)$/gm));
}

test(`10 times the load for ${durationS} s: accepted p95 in the deadline, refused p99 within 20 ms of a twin's with Retry-After, goodput 90 %, memory bounded`, {
  timeout: 180_000,
}, async () => {
  const twinUrl = await startTwin();
  const server = await startServer({
    ...inspected,
    HUM_MODEL: "fake:slow=0.1",
    HUM_ALLOW_FAKE_MODELS: "true",
    HUM_WORKERS: String(workers),
    HUM_SLOTS: String(workers + 1),
    HUM_LOG_LEVEL: "warn",
  });
  onTestFinished(async () => void (await server.stop()));
  const before = await liveMemory(server.output);
  const { server: outcomes, twin, loaded } = await overload(server, twinUrl);
  const accepted = outcomes.filter(({ status }) => status === 200);
  const refused = outcomes.filter(({ status }) => status === 503);
  const tookMs = (some: readonly Outcome[], part: number) =>
    percentile(
      some.map((outcome) => outcome.tookMs),
      part,
    );
  const facts = {
    asked: outcomes.length,
    accepted: accepted.length,
    p95Ms: tookMs(accepted, 0.95),
    refusedP99Ms: tookMs(refused, 0.99),
    twinP95Ms: tookMs(twin, 0.95),
    twinP99Ms: tookMs(twin, 0.99),
    goodputPerS: accepted.filter(({ endedMs }) => endedMs < durationS * 1000).length / durationS,
    pacePerS: await paceOf(server.url),
    grownMb: loaded.liveMb - before.liveMb,
    grownResidentMb: loaded.residentMb - before.residentMb,
  };
  process.stdout.write(`overload: ${JSON.stringify(facts)}\n`);
  expect([...outcomes, ...twin].flatMap(({ broken }) => broken ?? [])).toEqual([]);
  // A deadline that passes after all is a failure of the prediction, and rare.
  expect(outcomes.length - accepted.length - refused.length).toBeLessThanOrEqual(outcomes.length * 0.01);
  expect(refused.filter(({ retryAfter }) => !/^[1-9]\d*$/.test(retryAfter ?? ""))).toEqual([]);
  // What the machine makes late, it makes late in the twin too.
  expect(facts.p95Ms).toBeLessThan(deadlineMs + facts.twinP95Ms);
  expect(facts.refusedP99Ms).toBeLessThan(20 + facts.twinP99Ms);
  expect(facts.goodputPerS).toBeGreaterThanOrEqual(0.9 * Math.min(capacityPerS, facts.pacePerS));
  // Of the 32 kB of each request nothing stays, nor does a queue grow: that would be 6 MB a second.
  expect(facts.grownMb).toBeLessThan(40);
  expect(facts.grownResidentMb).toBeLessThan(250);
});
