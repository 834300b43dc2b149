/** `npm run bench:events`: events a second into the spool and through each sink, and how soon a consumer has one. */
import { fork } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { busKinds, openRedis } from "./event-buses.ts";
import { timeLatencies } from "./event-latency.ts";
import { timeFsync, timeSpool } from "./event-spool.ts";
import { median, percentile } from "./statistics.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    events: { type: "string", default: "40000" },
    only: { type: "string", default: busKinds.map(({ name }) => name).join(",") },
    dir: { type: "string", default: "build" },
    json: { type: "boolean", default: false },
  },
});
const rounds = wholeNumber("rounds", values.rounds);
const events = wholeNumber("events", values.events);
const only = values.only.split(",").filter((name) => name !== "");
const unknown = only.find((name) => !busKinds.some((kind) => kind.name === name));
if (unknown !== undefined) {
  fail(`--only has ${JSON.stringify(unknown)}; it must be some of ${busKinds.map(({ name }) => name).join(", ")}`);
}

const producers = 512;
const sinkRounds = 3;
const sinkEvents = Math.ceil(events / 4);
const latencyBlocks = 10;
const latencyPerBlock = 50;
const targets = { spool_events_per_s: 20_000, consumer_p50_ms: 10 };

const say = (text: string) => void (values.json || process.stderr.write(`${text}\n`));

mkdirSync(values.dir, { recursive: true });
// Beside the checkout: where a data directory would be, and no disk in memory.
const dir = mkdtempSync(resolve(values.dir, "bench-events-"));
const end = () => rmSync(dir, { recursive: true, force: true });
process.once("SIGINT", () => {
  end();
  process.exit(130);
});

try {
  const spool = await measureSpool();
  const latency = await measureLatency();
  const sinks = await measureSinks();
  const result = { at: new Date().toISOString(), load: loadavg()[0], spool, latency, sinks, targets };
  process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${describe(result)}\n`);
} finally {
  end();
}

async function measureSpool() {
  // The first shows how code that has hardly run yet is compiled.
  await timeSpool(join(dir, "spool-warm"), { events, producers });
  const measured: Awaited<ReturnType<typeof timeSpool>>[] = [];
  const fsyncMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    fsyncMs.push(timeFsync(dir));
    measured.push(await timeSpool(join(dir, `spool-${round}`), { events, producers }));
    say(`spool, round ${round + 1} of ${rounds}: ${measured.at(-1)?.events_per_s.toFixed(0)} events/s`);
  }
  return {
    producers,
    events_per_s: median(measured.map((each) => each.events_per_s)),
    rounds: measured.map((each) => each.events_per_s),
    bytes_per_event: median(measured.map((each) => each.bytes_per_event)),
    processors: median(measured.map((each) => each.processors)),
    fsync_p50_ms: median(fsyncMs),
  };
}

async function measureLatency() {
  const bus = await openRedis(join(dir, "latency-bus"));
  try {
    const { url } = bus.settings;
    const plan = { dir: join(dir, "latency"), url, blocks: latencyBlocks, perBlock: latencyPerBlock };
    const { feedMs, plainMs } = await timeLatencies(plan);
    const sides = { consumer: feedMs, plain: plainMs };
    say(`a consumer has an event after ${percentile(feedMs, 0.5).toFixed(2)} ms`);
    return Object.fromEntries(
      Object.entries(sides).map(([name, ms]) => [
        name,
        { samples: ms.length, p50_ms: percentile(ms, 0.5), p99_ms: percentile(ms, 0.99) },
      ]),
    );
  } finally {
    await bus.close();
  }
}

async function measureSinks() {
  const measured: { sink: string; events_per_s: number | null; rounds: number[]; missing: string | null }[] = [];
  for (const { name, missing, open } of busKinds.filter((kind) => only.includes(kind.name))) {
    const lacks = missing();
    const seen: number[] = [];
    if (lacks === null) {
      const place = join(dir, name);
      mkdirSync(join(place, "bus"), { recursive: true });
      const bus = await open(join(place, "bus"));
      try {
        for (let round = 0; round < sinkRounds; round += 1) {
          seen.push(await timeSink({ dir: join(place, String(round)), settings: bus.settings }));
        }
      } finally {
        await bus.close();
      }
      say(`through ${name}: ${median(seen).toFixed(0)} events/s`);
    }
    measured.push({ sink: name, events_per_s: lacks === null ? median(seen) : null, rounds: seen, missing: lacks });
  }
  return measured;
}

/** Events a second from the first that is told until the last is delivered. */
async function timeSink({ dir: place, settings }: { dir: string; settings: object }): Promise<number> {
  const args = [place, String(sinkEvents), JSON.stringify(settings)];
  const worker = fork(join(import.meta.dirname, "event-sink-worker.ts"), args, {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
  });
  worker.stdout?.resume();
  const told = Promise.withResolvers<number>();
  worker.once("message", (message) => {
    const { events_per_s, dropped } = z.object({ events_per_s: z.number(), dropped: z.literal(0) }).parse(message);
    if (dropped === 0) told.resolve(events_per_s);
  });
  worker.once("close", (code) => told.reject(new Error(`the sink's process ended with ${code}`)));
  return told.promise;
}

interface Result {
  at: string;
  load: number | undefined;
  spool: Awaited<ReturnType<typeof measureSpool>>;
  latency: Awaited<ReturnType<typeof measureLatency>>;
  sinks: Awaited<ReturnType<typeof measureSinks>>;
}

function describe({ at, load, spool, latency, sinks }: Result): string {
  const verdict = (isMet: boolean) => (isMet ? "met" : "missed");
  const range = `${Math.min(...spool.rounds).toFixed(0)}-${Math.max(...spool.rounds).toFixed(0)}`;
  const spoolTarget = `target >= ${targets.spool_events_per_s}: ${verdict(spool.events_per_s >= targets.spool_events_per_s)}`;
  const p50 = latency.consumer?.p50_ms ?? Number.NaN;
  const sides = Object.entries(latency).map(([name, { samples, p50_ms, p99_ms }]) => {
    const what = name === "consumer" ? "job event to Redis consumer" : "plain XADD to consumer";
    return `${what.padEnd(30)} p50 ${p50_ms.toFixed(2)} ms, p99 ${p99_ms.toFixed(2)} ms over ${samples}`;
  });
  return [
    `${at}, load average ${load?.toFixed(2)}`,
    `spool, ${spool.producers} producers`.padEnd(31) +
      `${spool.events_per_s.toFixed(0)} events/s (${range}; ${spoolTarget})`,
    "".padEnd(31) +
      `fsync p50 ${spool.fsync_p50_ms.toFixed(2)} ms, ${spool.bytes_per_event.toFixed(0)} bytes an event, ${spool.processors.toFixed(2)} processors`,
    ...sides,
    `${"".padEnd(31)}target p50 <= ${targets.consumer_p50_ms} ms: ${verdict(p50 <= targets.consumer_p50_ms)}`,
    ...sinks.map(
      ({ sink, events_per_s, missing }) =>
        `through ${sink}`.padEnd(31) +
        (events_per_s === null ? `not here: ${missing}` : `${events_per_s.toFixed(0)} events/s`),
    ),
  ].join("\n");
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    fail(`--${name} is ${JSON.stringify(text)}; it must be a whole number from 1`);
  return number;
}

function fail(text: string): never {
  process.stderr.write(`${text}\n`);
  process.exit(2);
}
