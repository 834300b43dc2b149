/** The conformance suite: what every sink does with its real bus, behind the real spool and the real pump. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pace, setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ofForm } from "../form.ts";
import { endsWithin } from "../sooner.ts";
import { flawless, judge, type Told, type Verdict } from "./judge.ts";
import { startNode, type TestNode } from "./node.ts";
import { outgoing } from "./outgoing.ts";
import type { Bench, Received, Subject } from "./subject.ts";

/**
 * Registers the suite for one kind of sink. In a file of integration/, or of system/ where Debian's packages are needed:
 *
 *     conformance({ kind: "redis", idempotent: true, broker: { restartMs: 500, canFreeze: true }, unfitBytes: null, open: openBench });
 */
export function conformance(subject: Subject): void {
  const { kind, idempotent, broker, unfitBytes } = subject;
  const restartMs = broker?.restartMs ?? 0;
  // A broker that takes seconds to start is killed as often as the others by `make torture` only.
  const kills = restartMs < 1_000 ? 10 : ofForm({ short: 3, full: 10 });
  const timeout = 30_000 + 10 * restartMs;
  /** A broker that comes back is found by the next attempt, which may be a while away. */
  const patience = { timeout: 15_000 + 5 * restartMs, interval: 20 };
  const slow = { timeout: timeout + 3 * kills * restartMs };

  let dir: string;
  let bench: Bench;
  let nodes: TestNode[];
  beforeEach(async () => {
    nodes = [];
    dir = mkdtempSync(join(tmpdir(), `hum-${kind}-`));
    bench = await subject.open(join(dir, "bench"));
  }, timeout);
  afterEach(async () => {
    for (const node of nodes) await node.stop();
    await bench.close();
    rmSync(dir, { recursive: true, force: true });
  }, timeout);

  async function start(types?: readonly string[]): Promise<TestNode> {
    const node = await startNode({ dir: join(dir, "node"), sink: bench.createSink(), ...(types ? { types } : {}) });
    nodes.push(node);
    return node;
  }

  const untilDelivered = (node: TestNode) =>
    vi.waitFor(() => expect(node.health()).toMatchObject({ state: "connected", held: 0 }), patience);

  /** A node whose sink was late tells that it has caught up, a second later at most; that is an event like any other. */
  const untilTold = (node: TestNode) =>
    vi.waitFor(async () => {
      await untilDelivered(node);
      const events = await node.told();
      const count = (name: string) => events.filter((event) => event.name === name).length;
      expect(count("delivery.recovered")).toBe(count("delivery.degraded"));
      return events;
    }, patience);

  /** Once the consumer has had as many different events as were told. */
  async function verdictOn(told: readonly Told[]): Promise<Verdict> {
    let received: Received[] = [];
    const complete = async () => {
      received = await bench.received();
      expect(new Set(received.map(({ json }) => json)).size).toBeGreaterThanOrEqual(told.length);
    };
    // What is missing then is for the judge to tell.
    await vi.waitFor(complete, patience).catch(() => undefined);
    const asked = new Set(told.map(({ json }) => json));
    // That a sink has caught up is told a moment after it has, and so after what was told was asked for.
    return judge(
      told,
      received.filter(({ json }) => asked.has(json) || !isOfFeed(json)),
    );
  }

  /** Where the reply to a delivery was lost, a bus that knows no event again has it twice. */
  const flawlessAfterBreaks = { ...flawless, duplicates: idempotent ? 0 : expect.any(Number) };

  describe(`the ${kind} sink`, () => {
    test("delivers every event as it was told, in order for each key", { timeout }, async () => {
      await bench.startBroker();
      const node = await start();
      for (let index = 0; index < 600; index += 1) {
        node.tell(index, index % 50 === 0 ? { characters: 4_000 } : {});
        if (index % 100 === 99) await untilDelivered(node);
      }
      await untilDelivered(node);
      const told = await node.told();
      expect(told.filter(isOurs)).toHaveLength(600);
      expect(await verdictOn(told)).toEqual(flawless);
      expect(node.health().dropped).toBe(0);
    });

    test("delivers the types it was asked for, and no other", { timeout }, async () => {
      await bench.startBroker();
      const node = await start(["*.ready", "model.*"]);
      for (let index = 0; index < 60; index += 1) node.tell(index);
      await untilDelivered(node);
      const wanted = (await node.told()).filter(({ name }) => /^model|ready$/.test(name));
      expect(wanted).toHaveLength(40);
      expect(await verdictOn(wanted)).toEqual(flawless);
    });

    test("goes on at its cursor when the node starts again", { timeout }, async () => {
      await bench.startBroker();
      const first = await start();
      for (let index = 0; index < 100; index += 1) first.tell(index);
      await untilDelivered(first);
      await first.stop();
      const second = await start();
      for (let index = 100; index < 150; index += 1) second.tell(index);
      await untilDelivered(second);
      const told = await second.told();
      expect(told.filter(isOurs)).toHaveLength(150);
      expect(await verdictOn(told)).toEqual(flawless);
    });

    test("lets go of everything when it is closed", { timeout }, async () => {
      await bench.startBroker();
      const sink = bench.createSink();
      const visit = async () => {
        const connection = await sink.open(AbortSignal.timeout(timeout));
        expect(await connection.deliver(outgoing(5))).toMatchObject({ delivered: 5, stopped: null });
        expect(await endsWithin(1_000, connection.close())).toBe(true);
      };
      // What the first one leaves, such as a module's own timer, may stay; it must not grow.
      await visit();
      await turn();
      const before = handles();
      for (let visits = 0; visits < 3; visits += 1) await visit();
      const deadlineMs = performance.now() + 3_000;
      while (!isWithin(handles(), before) && performance.now() < deadlineMs) await turn();
      expect(handles()).toSatisfy((now: Handles) => isWithin(now, before), `no more than ${JSON.stringify(before)}`);
    });

    if (unfitBytes !== null) {
      test("leaves out an event that the bus can never take, and delivers those behind it", { timeout }, async () => {
        await bench.startBroker();
        const node = await start();
        for (let index = 0; index < 30; index += 1) node.tell(index, index === 10 ? { characters: unfitBytes } : {});
        await untilDelivered(node);
        const told = await node.told();
        const fitting = told.filter(({ json }) => json.length < unfitBytes);
        expect(fitting.filter(isOurs)).toHaveLength(29);
        expect(fitting.map(({ name }) => name)).toContain("delivery.dropped");
        expect(await verdictOn(fitting)).toEqual(flawless);
      });
    }

    if (broker === null) return;

    test("loses nothing while its broker is killed again and again", slow, async () => {
      await bench.startBroker();
      const node = await start();
      let told = 0;
      let killing = true;
      const produce = async () => {
        while (killing) {
          node.tell(told);
          told += 1;
          if (told % 5 === 0) await pace(10);
        }
      };
      const deliveredSoFar = () => told - node.health().held;
      const kill = async () => {
        for (let killed = 0; killed < kills; killed += 1) {
          const before = deliveredSoFar();
          await vi.waitFor(() => expect(deliveredSoFar()).toBeGreaterThan(before + 20), patience);
          for (const end = told + 500; told < end; told += 1) node.tell(told);
          // At other places of the batch, and with other parts of it acknowledged, each time.
          await pace(2 * killed);
          await bench.killBroker();
          await bench.startBroker();
        }
      };
      await Promise.all([
        produce(),
        kill().finally(() => {
          killing = false;
        }),
      ]);
      const events = await untilTold(node);
      expect(events.filter(isOurs)).toHaveLength(told);
      expect(await verdictOn(events)).toEqual(flawlessAfterBreaks);
      expect(node.health().dropped).toBe(0);
    });

    test("holds events while there is no broker yet, says why, and delivers all once there is", {
      timeout,
    }, async () => {
      const node = await start();
      for (let index = 0; index < 100; index += 1) node.tell(index);
      const reason = expect.stringMatching(/.{5}/);
      await vi.waitFor(() => expect(node.health()).toMatchObject({ state: "down", reason }), patience);
      expect(node.health().held).toBeGreaterThanOrEqual(100);
      await bench.startBroker();
      expect(await verdictOn(await untilTold(node))).toEqual(flawless);
    });

    test("delivers in its next life what it held when the node ended", { timeout }, async () => {
      await bench.startBroker();
      const first = await start();
      for (let index = 0; index < 50; index += 1) first.tell(index);
      await untilDelivered(first);
      await bench.killBroker();
      for (let index = 50; index < 100; index += 1) first.tell(index);
      await vi.waitFor(() => expect(first.health()).not.toMatchObject({ state: "connected" }), patience);
      expect(first.health().held).toBeGreaterThanOrEqual(50);
      await first.stop();
      await bench.startBroker();
      const second = await start();
      expect(await verdictOn(await untilTold(second))).toEqual(flawlessAfterBreaks);
    });

    if (!broker.canFreeze) return;

    test("gives up a broker that hangs, and goes on when it answers again", { timeout }, async () => {
      await bench.startBroker();
      const node = await start();
      for (let index = 0; index < 50; index += 1) node.tell(index);
      await untilDelivered(node);
      await bench.freezeBroker?.();
      for (let index = 50; index < 100; index += 1) node.tell(index);
      await vi.waitFor(() => expect(node.health()).not.toMatchObject({ state: "connected" }), patience);
      bench.thawBroker?.();
      expect(await verdictOn(await untilTold(node))).toEqual(flawlessAfterBreaks);
    });
  });
}

/** The feed itself tells of a sink that is late, or had to go without something. */
const isOurs = ({ name }: { name: string }) => !name.startsWith("delivery.");
const isOfFeed = (json: string) => json.includes('"type":"io.humhelix.delivery.');

type Handles = Record<string, number>;

/** What keeps the process alive, by kind. */
function handles(): Handles {
  const counts: Handles = {};
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

const isWithin = (now: Handles, before: Handles) =>
  ["TCPSocketWrap", "TCPServerWrap", "PipeWrap", "UDPWrap", "Timeout"].every(
    (kind) => (now[kind] ?? 0) <= (before[kind] ?? 0),
  );
