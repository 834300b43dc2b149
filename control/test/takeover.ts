/** What must hold of commands from any bus while nodes die: each is answered by one end, whichever nodes had a hand in it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { CloudEvent } from "../src/events/envelope.ts";
import { type CommandClient, commandText, compact, isEnd, openCommandClient, verbOf, verbsOf } from "./commands.ts";
import { startServer, type TestServer } from "./e2e/server.ts";
import { createValkey, type Valkey } from "./valkey.ts";

/** One bus while its tests run. */
export interface CommandBus {
  /** Of the nodes' configuration, in YAML. */
  commands: string;
  send(text: string): Promise<void>;
  /** Commands that are not done with. */
  left(): Promise<number>;
  /** Texts that were set aside, in any order. */
  dead(): Promise<string[]>;
  /** SIGKILL, and the same again with what it had kept. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export interface TakeoverOptions {
  /** `valkey` is where all nodes tell their events. */
  open(at: { dir: string; valkey: Valkey; client: CommandClient }): Promise<CommandBus>;
  /** What a command may lie idle. */
  claimIdleS: number;
}

export function testTakeover(name: string, options: TakeoverOptions): void {
  describe(`commands from ${name}`, () => {
    let dir: string;
    let valkey: Valkey;
    let client: CommandClient;
    let bus: CommandBus;
    beforeEach(async () => {
      dir = mkdtempSync(join(tmpdir(), "hum-takeover-"));
      valkey = await createValkey({ dir: join(dir, "valkey") });
      await valkey.start();
      client = await openCommandClient(valkey.url);
      bus = await options.open({ dir, valkey, client });
    }, 60_000);
    afterEach(async () => {
      await bus.close();
      client.close();
      await valkey.stop();
      rmSync(dir, { recursive: true, force: true });
    });

    const request = (id: string, seconds: number) =>
      bus.send(commandText("transcription.request", { id, data: { audio: compact(seconds) } }));
    const cancel = (id: string, commandId: string) =>
      bus.send(commandText("transcription.cancel", { id, data: { command_id: commandId } }));

    /** The same name is the next life of the same node. */
    async function startNode(node: string, env: Record<string, string> = {}): Promise<TestServer> {
      const configPath = join(dir, `${node}.yaml`);
      writeFileSync(configPath, `commands:\n  claim_idle_s: ${options.claimIdleS}\n${bus.commands}`);
      const started = await startServer({
        HUM_CONFIG: configPath,
        HUM_REDIS_URL: valkey.url,
        HUM_NODE: node,
        HUM_DATA_DIR: join(dir, node),
        HUM_ALLOW_FAKE_MODELS: "true",
        HUM_MODEL: "fake:slow=0.2",
        HUM_LOG_LEVEL: "warn",
        ...env,
      });
      onTestFinished(async () => void (await started.stop()));
      await vi.waitFor(async () => expect(await commandsOf(started)).toMatchObject([{ state: "connected" }]), {
        timeout: 30_000,
        interval: 50,
      });
      return started;
    }

    /** Two nodes, one of which has begun a command: whose it is, is for the bus to say. */
    async function startPair(id: string, seconds: number) {
      const names = ["one", "two"];
      const [one, two] = await Promise.all(names.map((name) => startNode(name)));
      if (one === undefined || two === undefined) throw new Error("two nodes were asked for");
      await request(id, seconds);
      const told = await client.untilTold(id, "segment");
      const [holder] = told.filter((event) => verbOf(event) === "started").map(nodeOf);
      const [here, there] = [
        { name: "one", node: one },
        { name: "two", node: two },
      ];
      return holder === "one" ? { holder: here, other: there } : { holder: there, other: here };
    }

    /** Each has one, and is done with, in the bus too. */
    async function expectOneEndEach(ids: readonly string[]): Promise<void> {
      const untold = async () => {
        const ended = new Set((await client.events()).filter(isEnd).map(({ causationid }) => causationid));
        return ids.filter((id) => !ended.has(id));
      };
      await vi.waitFor(async () => expect(await untold()).toEqual([]), { ...patience, timeout: 90_000 });
      await vi.waitFor(async () => expect(await bus.left()).toBe(0), patience);
      const ends = Map.groupBy((await client.events()).filter(isEnd), (event) => event.causationid ?? "");
      const wrong = [...ends].filter(([, events]) => events.length !== 1);
      expect(wrong.map(([id, events]) => [id, ...nodesOf(events)])).toEqual([]);
    }

    test("kill -9 in mid-job: the next life of the node runs the command again, and it has one end", async () => {
      const first = await startNode("one");
      await request("long", 10);
      await client.untilTold("long", "segment");
      await kill(first);
      await startNode("one");
      await expectOneEndEach(["long"]);
      const told = await client.answers("long");
      const second = told.findIndex((event) => verbOf(event) === "restarted");
      expect(verbsOf(told.slice(second))).toEqual(["restarted", "started", ...Array(10).fill("segment"), "completed"]);
      expect(told.filter((event) => verbOf(event) === "requested")).toHaveLength(1);
      expect(told.at(-1)?.data).toMatchObject({ attempt: 2 });
    });

    test("kill -9 in mid-job: another node takes the command over, and the first adds no end when it is back", async () => {
      const { holder, other } = await startPair("long", 20);
      await kill(holder.node);
      await client.untilEnded("long", { timeoutMs: 60_000 });
      await startNode(holder.name);
      await expectOneEndEach(["long"]);
      expect(nodesOf((await client.answers("long")).filter(isEnd))).toEqual([`${other.name} completed`]);
    });

    test("what is no command, and what kills its node each time, is set aside, and its sender told", async () => {
      const env = { HUM_COMMAND_DELIVERIES: "2" };
      let node = await startNode("one", env);
      await bus.send("{");
      await bus.send(commandText("transcription.request", { id: "odd", data: { lang: "de" } }));
      expect((await client.untilEnded("odd")).at(-1)?.data).toMatchObject({ error: { code: "bad_request" } });
      await request("poison", 20);
      for (const attempt of [1, 2]) {
        await vi.waitFor(async () => {
          const told = await client.answers("poison");
          expect(told.filter((event) => verbOf(event) === "started")).toHaveLength(attempt);
        }, patience);
        await kill(node);
        node = await startNode("one", env);
      }
      const end = (await client.untilEnded("poison", { timeoutMs: 60_000 })).at(-1);
      expect(end?.data).toMatchObject({ attempt: 2, error: { code: "interrupted", retryable: false } });
      await expectOneEndEach(["odd", "poison"]);
      const dead = (await bus.dead()).map((text) => /"id":"(\w+)"/.exec(text)?.[1] ?? text);
      expect(new Set(dead)).toEqual(new Set(["{", "odd", "poison"]));
    });

    test("a node that joins leaves alone what another one has begun", async () => {
      await startNode("one");
      for (const id of ["a", "b", "c", "d"]) await request(id, 10);
      await client.untilTold("d", "segment");
      await startNode("two");
      await expectOneEndEach(["a", "b", "c", "d"]);
      const begun = (await client.events()).filter((event) => verbOf(event) === "started");
      expect(nodesOf(begun)).toEqual(Array(4).fill("one started"));
    });

    test("a node that hangs loses its command, and tells no end of it when it goes on", async () => {
      const { holder, other } = await startPair("long", 20);
      process.kill(holder.node.pid, "SIGSTOP");
      try {
        await client.untilEnded("long", { timeoutMs: 60_000 });
      } finally {
        process.kill(holder.node.pid, "SIGCONT");
      }
      await request("next", 1);
      await expectOneEndEach(["long", "next"]);
      const idle = [{ state: "connected", in_work: 0 }];
      await vi.waitFor(async () => expect(await commandsOf(holder.node)).toMatchObject(idle), { timeout: 30_000 });
      expect(nodesOf((await client.answers("long")).filter(isEnd))).toEqual([`${other.name} completed`]);
    });

    test("a bus that is killed in mid-job changes nothing: the job ends once, and what comes later is read", async () => {
      await startNode("one");
      await request("short", 5);
      await request("long", 28);
      for (const id of ["short", "long"]) await client.untilTold(id, "segment");
      await bus.restart();
      await request("next", 1);
      await expectOneEndEach(["short", "long", "next"]);
      const begun = (await client.answers("long")).filter((event) => verbOf(event) === "started");
      expect(begun).toHaveLength(1);
    });

    test("a cancellation reaches the node that runs the job, whichever node reads it", async () => {
      await Promise.all(["one", "two"].map((name) => startNode(name)));
      for (let index = 0; index < 4; index += 1) {
        const id = `long-${index}`;
        await request(id, 30);
        await client.untilTold(id, "segment");
        await cancel(`stop-${index}`, id);
        expect(verbsOf((await client.untilEnded(id)).filter(isEnd))).toEqual(["cancelled"]);
      }
    });

    test("nodes killed again and again at any moment: each command has one end, told by one of them", async () => {
      const env = { HUM_COMMAND_DELIVERIES: "50", HUM_MODEL: "fake:slow=0.05" };
      const nodes = new Map(
        await Promise.all(["one", "two"].map(async (name) => [name, await startNode(name, env)] as const)),
      );
      const ids: string[] = [];
      const enough = new AbortController();
      const sending = (async () => {
        while (!enough.signal.aborted) {
          const id = `c${ids.length}`;
          ids.push(id);
          await request(id, 1 + (ids.length % 3));
          await delay(40);
        }
      })();
      for (let time = 0; time < kills; time += 1) {
        const name = time % 2 === 0 ? "one" : "two";
        await delay(300 + Math.random() * 500);
        const node = nodes.get(name);
        if (node !== undefined) await kill(node);
        nodes.set(name, await startNode(name, env));
      }
      enough.abort();
      await sending;
      await expectOneEndEach(ids);
    });
  });
}

const patience = { timeout: 60_000, interval: 50 };

/** More take longer, and find more. */
const kills = Number(process.env.HUM_TEST_KILLS ?? 4);

async function kill(node: TestServer): Promise<void> {
  process.kill(node.pid, "SIGKILL");
  await node.exited;
}

async function commandsOf({ url }: TestServer): Promise<unknown> {
  const { commands } = (await (await fetch(`${url}/readyz`)).json()) as { commands: unknown };
  return commands;
}

const nodeOf = ({ source }: CloudEvent) => source.split("/")[2];
const nodesOf = (events: readonly CloudEvent[]) => events.map((event) => `${nodeOf(event)} ${verbOf(event)}`);
