import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { commandStream } from "../../src/events/commands.ts";
import { type CommandClient, inline, isEnd, openCommandClient, verbOf, verbsOf } from "../commands.ts";
import { createValkey, type Valkey } from "../valkey.ts";
import { startServer, type TestServer } from "./server.ts";

let dir: string;
let valkey: Valkey;
let client: CommandClient;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "hum-takeover-"));
  valkey = await createValkey({ dir: join(dir, "valkey") });
  await valkey.start();
  client = await openCommandClient(valkey.url);
});
afterEach(async () => {
  client.close();
  await valkey.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The same name is the next life of the same node. */
async function startNode(name: string, env: Record<string, string> = {}): Promise<TestServer> {
  const node = await startServer({
    HUM_REDIS_URL: valkey.url,
    HUM_NODE: name,
    HUM_DATA_DIR: join(dir, name),
    HUM_ALLOW_FAKE_MODELS: "true",
    HUM_MODEL: "fake:slow=0.2",
    HUM_COMMAND_CLAIM_IDLE_S: "1",
    HUM_LOG_LEVEL: "warn",
    ...env,
  });
  onTestFinished(async () => void (await node.stop()));
  return node;
}

async function kill(node: TestServer): Promise<void> {
  process.kill(node.pid, "SIGKILL");
  await node.exited;
}

const nodesOf = (events: Awaited<ReturnType<CommandClient["events"]>>) =>
  events.map((event) => `${event.source.split("/")[2]} ${verbOf(event)}`);

/** Every event of every node is in the bus, and stays the only end of each command. */
async function expectOneEndEach(ids: readonly string[]): Promise<void> {
  const untold = async () => {
    const ended = new Set((await client.events()).filter(isEnd).map(({ causationid }) => causationid));
    return ids.filter((id) => !ended.has(id));
  };
  await vi.waitFor(async () => expect(await untold()).toEqual([]), { timeout: 60_000, interval: 100 });
  await vi.waitFor(async () => expect(await client.redis.call("XLEN", commandStream)).toBe(0), { timeout: 30_000 });
  const ends = Map.groupBy((await client.events()).filter(isEnd), (event) => event.causationid ?? "");
  const wrong = [...ends].filter(([, events]) => events.length !== 1);
  expect(wrong.map(([id, events]) => [id, ...nodesOf(events)])).toEqual([]);
}

test("kill -9 in mid-job: the next life of the node runs the command again, and it has one end", async () => {
  const first = await startNode("one");
  await client.request("long", { audio: inline(5) });
  await client.untilTold("long", "segment");
  await kill(first);
  await startNode("one", { HUM_COMMAND_CLAIM_IDLE_S: "60" });
  await expectOneEndEach(["long"]);
  const told = await client.answers("long");
  const second = told.findIndex((event) => verbOf(event) === "restarted");
  expect(verbsOf(told.slice(second))).toEqual(["restarted", "started", ...Array(5).fill("segment"), "completed"]);
  expect(told.filter((event) => verbOf(event) === "requested")).toHaveLength(1);
  expect(told.at(-1)?.data).toMatchObject({ attempt: 2 });
});

test("kill -9 in mid-job: another node takes the command over, and the first adds no end when it is back", async () => {
  const first = await startNode("one");
  await client.request("long", { audio: inline(25) });
  await client.untilTold("long", "segment");
  const second = await startNode("two");
  const before = performance.now();
  await kill(first);
  await client.untilEnded("long");
  // 25 segments of 0.2 s, and at most twice what the command may lie idle.
  expect(performance.now() - before).toBeLessThan(9_000);
  await startNode("one");
  await expectOneEndEach(["long"]);
  const ends = (await client.answers("long")).filter(isEnd);
  expect(nodesOf(ends)).toEqual(["two completed"]);
  expect(second.output.join("\n")).not.toMatch(/error/i);
});

test("a node that hangs loses its command, and tells no end of it when it goes on", async () => {
  const first = await startNode("one");
  await client.request("long", { audio: inline(20) });
  await client.untilTold("long", "segment");
  await startNode("two");
  process.kill(first.pid, "SIGSTOP");
  try {
    await client.untilEnded("long", { timeoutMs: 30_000 });
  } finally {
    process.kill(first.pid, "SIGCONT");
  }
  await client.request("next", { audio: inline(1) });
  await expectOneEndEach(["long", "next"]);
  await vi.waitFor(async () => {
    const { commands } = (await (await fetch(`${first.url}/readyz`)).json()) as { commands: { in_work: number }[] };
    expect(commands).toMatchObject([{ state: "connected", in_work: 0 }]);
  });
  expect((await client.answers("long")).filter(isEnd)).toHaveLength(1);
});

test("a cancellation reaches the node that runs the job, whichever node reads it", async () => {
  await startNode("one");
  await startNode("two");
  for (let index = 0; index < 4; index += 1) {
    const id = `long-${index}`;
    await client.request(id, { audio: inline(30) });
    await client.untilTold(id, "segment");
    await client.cancel(`stop-${index}`, { command_id: id });
    const told = await client.untilEnded(id);
    expect(verbOf(told.findLast(isEnd) ?? told[0] ?? never())).toBe("cancelled");
  }
});

test("Redis killed in mid-job: what was begun ends once it is back, and is not begun again", async () => {
  await startNode("one");
  await client.request("long", { audio: inline(5) });
  await client.untilTold("long", "segment");
  // What it had synced is what it has afterwards.
  await vi.waitFor(async () => expect(await client.redis.call("WAITAOF", 1, 0, 1000)).toEqual([1, 0]));
  await valkey.kill();
  client.close();
  await valkey.start();
  client = await openCommandClient(valkey.url);
  await expectOneEndEach(["long"]);
  expect((await client.answers("long")).filter((event) => verbOf(event) === "started")).toHaveLength(1);
});

test("two nodes killed again and again at any moment: each command has one end, told by one of them", async () => {
  const env = { HUM_COMMAND_DELIVERIES: "50", HUM_MODEL: "fake:slow=0.05" };
  const nodes = new Map([["one", await startNode("one", env)]]);
  nodes.set("two", await startNode("two", env));
  const kills = Number(process.env.HUM_TEST_KILLS ?? 6);
  const ids: string[] = [];
  const done = new AbortController();
  const sending = (async () => {
    while (!done.signal.aborted) {
      const id = `c${ids.length}`;
      ids.push(id);
      await client.request(id, { audio: inline(1 + (ids.length % 3)) });
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  })();
  for (let time = 0; time < kills; time += 1) {
    const name = time % 2 === 0 ? "one" : "two";
    await new Promise((resolve) => setTimeout(resolve, 300 + Math.random() * 500));
    await kill(nodes.get(name) ?? never());
    nodes.set(name, await startNode(name, env));
  }
  done.abort();
  await sending;
  await expectOneEndEach(ids);
});

function never(): never {
  throw new Error("there is one");
}
