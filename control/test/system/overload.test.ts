import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../e2e/server.ts";
import type { Outcome } from "./overload-client.ts";

const onLinux = test.skipIf(process.platform !== "linux");

const deadlineMs = 5000;
const durationS = 60;
/** A second of audio takes the scripted engine a tenth of a second, and it works on two at a time: 20 a second. */
const capacityPerS = 20;

const residentBytes = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;

const percentile = (values: readonly number[], part: number) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;

/** Rejects with what the client said where it fails. */
async function overload(url: string): Promise<Outcome[]> {
  const client = join(import.meta.dirname, "overload-client.ts");
  const numbers = [capacityPerS * 10, durationS, deadlineMs].map(String);
  const child = spawn(process.execPath, [client, url, ...numbers], { stdio: ["ignore", "pipe", "inherit"] });
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (code !== 0) throw new Error(`the client ended with ${code}`);
  return JSON.parse(said) as Outcome[];
}

onLinux(
  "10 times the load for 60 s: accepted p95 in the deadline, refused p99 under 20 ms with Retry-After, goodput 90 %, memory bounded",
  { timeout: 180_000 },
  async () => {
    const server = await startServer({
      HUM_MODEL: "fake:slow=0.1",
      HUM_ALLOW_FAKE_MODELS: "true",
      HUM_WORKERS: "2",
      HUM_SLOTS: "3",
      HUM_LOG_LEVEL: "warn",
    });
    onTestFinished(async () => void (await server.stop()));
    const before = residentBytes(server.pid);
    const memory: number[] = [];
    const watch = setInterval(() => memory.push(residentBytes(server.pid)), 100);
    onTestFinished(() => clearInterval(watch));
    const outcomes = await overload(server.url);
    const half = Math.floor(memory.length / 2);
    const [early, late] = [Math.max(...memory.slice(0, half)), Math.max(...memory.slice(half))];
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
      goodputPerS: accepted.filter(({ endedMs }) => endedMs < durationS * 1000).length / durationS,
      grownMb: (early - before) / 1e6,
      grownLaterMb: (late - early) / 1e6,
    };
    process.stdout.write(`overload: ${JSON.stringify(facts)}\n`);
    expect(outcomes.flatMap(({ broken }) => broken ?? [])).toEqual([]);
    // A deadline that passes after all is a failure of the prediction, and rare.
    expect(outcomes.length - accepted.length - refused.length).toBeLessThanOrEqual(outcomes.length * 0.01);
    expect(refused.filter(({ retryAfter }) => !/^[1-9]\d*$/.test(retryAfter ?? ""))).toEqual([]);
    expect(facts.p95Ms).toBeLessThan(deadlineMs);
    expect(facts.goodputPerS).toBeGreaterThanOrEqual(capacityPerS * 0.9);
    // What it needs for this load it has after half of the time.
    expect(facts.grownMb).toBeLessThan(250);
    expect(facts.grownLaterMb).toBeLessThan(50);
    expect(facts.refusedP99Ms).toBeLessThan(20);
  },
);
