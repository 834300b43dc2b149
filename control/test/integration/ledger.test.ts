import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { type Ledger, openLedger } from "../../src/ingress/ledger.ts";
import { createValkey, type Valkey } from "../valkey.ts";

let dir: string;
let server: Valkey;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "hum-ledger-"));
  server = await createValkey({ dir });
  await server.start();
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const patienceMs = 300;
const signal = new AbortController().signal;

async function open(consumer: string): Promise<Ledger> {
  const ledger = await openLedger({ url: server.url, consumer, patienceMs, commandTimeoutMs: 1_000, signal });
  onTestFinished(() => ledger.close());
  return ledger;
}

let jobs = 0;
const newJob = () => `job-${jobs++}`;
const begins = { standing: "begin", begun: expect.any(Number) };

test("a command under another name is a repetition, and so is one whose end is told", async () => {
  const [a, b, job] = [await open("a"), await open("b"), newJob()];
  expect(await a.begin("nats:1", job)).toEqual({ standing: "begin", begun: 1 });
  expect(await b.begin("nats:2", job)).toMatchObject({ standing: "repeated" });
  expect(await a.claimEnd(job)).toBe(true);
  for (const node of [a, b]) expect(await node.begin("nats:1", job)).toMatchObject({ standing: "repeated" });
});

test("a node that gives signs of life is left its command; one that does not loses it, and cannot tell the end", async () => {
  const [a, b, job] = [await open("a"), await open("b"), newJob()];
  await a.begin("nats:1", job);
  for (let time = 0; time < 5; time += 1) {
    expect(await a.lost([job])).toEqual(new Set());
    expect(await b.begin("nats:1", job)).toMatchObject({ standing: "busy" });
    await new Promise((resolve) => setTimeout(resolve, patienceMs / 3));
  }
  await vi.waitFor(async () => expect(await b.begin("nats:1", job)).toEqual({ standing: "begin", begun: 2 }));
  expect(await a.lost([job])).toEqual(new Set([job]));
  expect([await a.claimEnd(job), await b.claimEnd(job)]).toEqual([false, true]);
});

test("of two nodes that would tell an end at the same time one does", async () => {
  const nodes = [await open("a"), await open("b")];
  for (let time = 0; time < 50; time += 1) {
    const job = newJob();
    const claims = await Promise.all(nodes.map((node) => node.claimEnd(job)));
    expect(claims.filter(Boolean)).toHaveLength(1);
  }
});

test("the next life of a node needs not wait for itself, and what is given back for nobody", async () => {
  const [a, b, job] = [await open("a"), await open("b"), newJob()];
  expect(await a.begin("kafka:0:1", job)).toEqual({ standing: "begin", begun: 1 });
  expect(await (await open("a")).begin("kafka:0:1", job)).toEqual({ standing: "begin", begun: 2 });
  await a.giveBack(job);
  expect(await b.begin("kafka:0:1", job)).toEqual({ standing: "begin", begun: 2 });
});

test("a node finds what it had begun, what others have, and what only it could have ended", async () => {
  const [a, b] = [await open("a"), await open("b")];
  const [mine, theirs, ending, unknown] = [newJob(), newJob(), newJob(), newJob()];
  for (const job of [mine, ending]) expect(await a.begin(`nats:${job}`, job)).toEqual(begins);
  expect(await b.begin("nats:9", theirs)).toEqual(begins);
  await a.claimEnd(ending);
  expect(await (await open("a")).find([mine, theirs, ending, unknown])).toEqual(
    new Map([
      [mine, "here"],
      [theirs, "elsewhere"],
      [ending, "forgotten"],
      [unknown, "forgotten"],
    ]),
  );
});
