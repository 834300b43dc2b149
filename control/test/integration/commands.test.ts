import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type App, startApp } from "../../src/app.ts";
import type { Config } from "../../src/core/config.ts";
import { createLog } from "../../src/core/log.ts";
import { commandStream, deadCommandStream } from "../../src/events/commands.ts";
import { adminUrlOf, readIdentity } from "../../src/events/embedded/identity.ts";
import { jobIdOf } from "../../src/ingress/command.ts";
import { type CommandClient, commandText, inline, isEnd, openCommandClient, source, verbsOf } from "../commands.ts";
import { testConfig } from "../config.ts";
import { makeWav } from "../wav.ts";

let dir: string;
let app: App;
let client: CommandClient;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-commands-"));
});
afterEach(async () => {
  client.close();
  await app.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** A node on the scripted engine, and a sender with the URL that its banner shows. */
async function start(adjust: (config: Config) => void = () => undefined) {
  const config = testConfig(dir);
  config.model = "fake:echo";
  adjust(config);
  app = await startApp(config, { log: createLog({ level: "silent", readable: false }) });
  client = await openCommandClient(app.subscriberUrl);
  return app.ready;
}

const admin = () => {
  const identity = readIdentity(join(dir, "data", "redis"));
  return openCommandClient(adminUrlOf(identity, { port: identity.port ?? 0 }));
};

const endOf = async (id: string) => (await client.untilEnded(id)).find(isEnd);
const failureOf = async (id: string) => (await endOf(id))?.data as { error: { code: string; message: string } };
const left = () => client.redis.call("XLEN", commandStream);
const setAside = async () => {
  const entries = (await client.redis.call("XRANGE", deadCommandStream, "-", "+")) as [string, string[]][];
  return entries.map(([, fields]) => ({ ce: fields[1], reason: fields[3] }));
};

describe("a request", () => {
  test("is answered by the events of its job, which name it as their cause, and leaves the stream", async () => {
    await start();
    await client.request("one", { audio: inline(2), language: "de", request_id: "mine", options: { beam_size: 2 } });
    const told = await client.untilEnded("one");
    expect(verbsOf(told)).toEqual(["requested", "started", "segment", "segment", "completed"]);
    const jobId = jobIdOf({ source, id: "one" });
    for (const event of told) {
      expect(event).toMatchObject({ correlationid: "mine", partitionkey: jobId, subject: `transcription/${jobId}` });
    }
    expect(told[0]?.data).toMatchObject({ language: "de", priority: "batch", options: { beam_size: 2, best_of: 5 } });
    await vi.waitFor(async () => expect(await left()).toBe(0));
    expect(app.readiness()).toMatchObject({ status: "ready", commands: [{ source: "redis", state: "connected" }] });
  });

  test("that is sent twice, and once more after its end, is carried out once", async () => {
    await start((config) => {
      config.model = "fake:slow=0.3";
    });
    await client.request("one", { audio: inline(1) });
    await client.request("one", { audio: inline(1) });
    await client.untilEnded("one");
    await client.request("one", { audio: inline(1) });
    await vi.waitFor(async () => expect(await left()).toBe(0));
    expect((await client.answers("one")).filter(isEnd)).toHaveLength(1);
  });

  test("whose deadline has passed is not begun", async () => {
    await start();
    await client.request("late", { audio: inline(1), deadline: "2026-01-01T00:00:00+01:00" });
    expect(await failureOf("late")).toMatchObject({ error: { code: "deadline", retryable: true } });
  });

  test("that takes longer than its deadline allows is given up", async () => {
    await start((config) => {
      config.model = "fake:slow=1";
    });
    await client.request("late", { audio: inline(9), deadline: new Date(Date.now() + 700).toISOString() });
    expect(verbsOf(await client.untilEnded("late"))).toContain("failed");
    expect(await failureOf("late")).toMatchObject({ error: { code: "deadline" } });
  });

  test("that cannot be carried out is refused with the reason", async () => {
    await start();
    const wrong: [Record<string, unknown>, string, RegExp][] = [
      [{ model: "nobody" }, "model_unknown", /nobody/],
      [{ language: "klingon" }, "bad_request", /language is "klingon"/],
      [{ audio: { data: "", media_type: "audio/wav" } }, "bad_audio", /empty/],
      [{ audio: { data: "AAAA", media_type: "audio/pcm" } }, "bad_request", /rate/],
      [{ audio: { url: "https://example.org/a.wav" } }, "bad_request", /commands\.allow_urls is false/],
      [{ audio: { path: "/etc/hostname" } }, "bad_request", /commands\.roots is empty/],
    ];
    for (const [index, [data]] of wrong.entries()) await client.request(`w${index}`, { audio: inline(1), ...data });
    for (const [index, [, code, message]] of wrong.entries()) {
      const error = { code, message: expect.stringMatching(message) };
      expect(await failureOf(`w${index}`), `w${index}`).toMatchObject({ error });
    }
    expect(await setAside()).toEqual([]);
    await vi.waitFor(async () => expect(await left()).toBe(0));
  });

  test("may name a file and a URL where the node allows it; neither leads elsewhere", async () => {
    const root = join(dir, "audio");
    mkdirSync(root);
    writeFileSync(join(root, "a.wav"), makeWav(Buffer.alloc(32_000)));
    await start((config) => {
      config.commands.roots = [root];
      config.commands.allow_urls = true;
    });
    await client.request("file", { audio: { path: join(root, "a.wav") } });
    await client.request("other file", { audio: { path: `${root}/../data/redis/identity.json` } });
    await client.request("own URL", { audio: { url: `${app.url}/healthz` } });
    expect((await endOf("file"))?.data).toMatchObject({ audio_s: 1 });
    const elsewhere = (message: RegExp) => ({
      error: { code: "bad_request", message: expect.stringMatching(message) },
    });
    expect(await failureOf("other file")).toMatchObject(elsewhere(/commands\.roots/));
    expect(await failureOf("own URL")).toMatchObject(elsewhere(/not of the public internet/));
  });

  test("waits in the stream while the node has as much in work as it may", async () => {
    await start((config) => {
      config.model = "fake:slow=0.2";
      config.commands.max_in_work = 2;
    });
    for (let index = 0; index < 6; index += 1) await client.request(`c${index}`, { audio: inline(1) });
    await client.untilTold("c0", "started");
    const { commands } = app.readiness();
    expect(commands[0]?.in_work).toBeLessThanOrEqual(2);
    expect(Number(await left())).toBeGreaterThanOrEqual(4);
    for (let index = 0; index < 6; index += 1)
      expect(verbsOf(await client.untilEnded(`c${index}`))).toContain("completed");
  });

  test("is not refused by a queue that is full, but let in later", async () => {
    await start((config) => {
      config.model = "fake:slow=0.3";
      config.jobs.max_queued = 1;
      config.engine.slots = 1;
      config.commands.max_in_work = 8;
    });
    for (let index = 0; index < 6; index += 1) await client.request(`c${index}`, { audio: inline(1) });
    for (let index = 0; index < 6; index += 1) {
      expect(verbsOf(await client.untilEnded(`c${index}`)).at(-1)).toBe("completed");
    }
  });
});

describe("what is no command", () => {
  test("is set aside with the reason, and answered where it says who asks", async () => {
    await start();
    await client.sendText("{");
    await client.sendText(JSON.stringify({ specversion: "1.0", id: "other", source, type: "org.example.order.v1" }));
    await client.redis.call("XADD", commandStream, "*", "something", "else");
    await client.request("two ways", { audio: { ...inline(1), path: "/a.wav" } });
    await client.request("odd", { audio: inline(1), options: { beam_size: 1000 }, request_id: "mine" });
    await client.request("good", { audio: inline(1) });
    await client.untilEnded("good");
    const odd = await endOf("odd");
    expect(odd).toMatchObject({ correlationid: "mine", data: { error: { code: "bad_request" } } });
    await endOf("two ways");
    await vi.waitFor(async () => expect(await setAside()).toHaveLength(5));
    expect(await setAside()).toMatchObject(
      [/no JSON/, /type/, /no JSON/, /data\.audio/, /data\.options\.beam_size/].map((reason) => ({
        reason: expect.stringMatching(reason),
      })),
    );
    expect((await setAside())[4]?.ce).toContain('"beam_size":1000');
    await vi.waitFor(async () => expect(await left()).toBe(0));
  });

  test("is answered once, though it is sent again", async () => {
    await start();
    for (let time = 0; time < 3; time += 1) await client.request("odd", { audio: {} });
    await vi.waitFor(async () => expect(await setAside()).toHaveLength(3));
    expect((await client.answers("odd")).filter(isEnd)).toHaveLength(1);
  });
});

test("a command that was begun too often without an end is set aside, and its sender told", async () => {
  await start();
  await app.stop();
  // A node that died of it, again and again.
  await start((config) => {
    config.commands.redis = false;
  });
  const server = await admin();
  const id = await client.request("poison", { audio: inline(1) });
  await server.redis.call("XREADGROUP", "GROUP", "humhelix", "dead", "COUNT", 10, "STREAMS", commandStream, ">");
  await server.redis.call(
    ...(["XCLAIM", commandStream, "humhelix", "dead", 0, id, "IDLE", 3_600_000, "RETRYCOUNT", 5] as const),
  );
  server.close();
  client.close();
  await app.stop();
  await start();
  expect(await failureOf("poison")).toMatchObject({ error: { code: "interrupted", retryable: false } });
  await vi.waitFor(async () => expect(await setAside()).toMatchObject([{ reason: expect.stringMatching(/5 times/) }]));
  expect(await left()).toBe(0);
});

describe("a cancellation", () => {
  const slow = (config: Config) => {
    config.model = "fake:slow=1";
    config.commands.max_in_work = 1;
  };

  test("ends what runs, by the command, the job or the request", async () => {
    await start(slow);
    const ways = (id: string) => [
      { command_id: id },
      { job_id: jobIdOf({ source, id }) },
      { request_id: `request-of-${id}` },
    ];
    for (const way of [0, 1, 2]) {
      const id = `long-${way}`;
      await client.request(id, { audio: inline(9), request_id: `request-of-${id}` });
      await client.untilTold(id, "segment");
      await client.cancel(`stop-${way}`, ways(id)[way] ?? {});
      expect(await endOf(id)).toMatchObject({
        type: "io.humhelix.transcription.cancelled.v1",
        data: { by: "client", reason: "the job was cancelled by a command" },
      });
    }
  });

  test("ends what still waits in the stream, and nothing that is sent later", async () => {
    await start(slow);
    await client.request("first", { audio: inline(3) });
    await client.untilTold("first", "started");
    await client.request("second", { audio: inline(1), request_id: "mine" });
    await client.cancel("stop", { request_id: "mine" });
    await client.request("third", { audio: inline(1), request_id: "mine" });
    expect(verbsOf(await client.untilEnded("second"))).toEqual(["cancelled"]);
    expect(verbsOf(await client.untilEnded("third")).at(-1)).toBe("completed");
    expect(verbsOf(await client.untilEnded("first")).at(-1)).toBe("completed");
  });

  test("ends a job that came by HTTP", async () => {
    await start(slow);
    const headers = { "content-type": "audio/wav", "x-request-id": "by-http" };
    const body = makeWav(Buffer.alloc(9 * 32_000));
    const answer = fetch(`${app.url}/v1/audio/transcriptions`, { method: "POST", headers, body });
    await vi.waitFor(() => expect(app.readiness().in_flight).toBe(1));
    await client.cancel("stop", { request_id: "by-http" });
    expect((await answer).status).toBe(499);
  });

  test("of nothing is let go of", async () => {
    await start();
    await client.cancel("stop", { command_id: "nobody" });
    await client.request("one", { audio: inline(1) });
    expect(verbsOf(await client.untilEnded("one")).at(-1)).toBe("completed");
    expect(await setAside()).toEqual([]);
  });
});

test("a node that stops gives back what it cannot end, and its next life goes on with it", async () => {
  await start((config) => {
    config.model = "fake:slow=30";
  });
  await client.request("long", { audio: inline(2) });
  await client.untilTold("long", "started");
  await client.request("other", { audio: inline(2) });
  client.close();
  await app.stop();
  await start();
  const told = await client.untilEnded("long");
  expect(verbsOf(told)).toEqual(["requested", "started", "restarted", "started", "segment", "segment", "completed"]);
  expect(told.map(({ data }) => (data as { attempt?: number }).attempt)).toEqual([undefined, 1, 2, 2, 2, 2, 2]);
  expect(verbsOf(await client.untilEnded("other")).at(-1)).toBe("completed");
  await vi.waitFor(async () => expect(await left()).toBe(0));
});

test("the subscriber's URL sends commands, and does nothing else with them", async () => {
  await start();
  const { redis } = client;
  await redis.call("XADD", commandStream, "*", "ce", commandText("transcription.cancel", { id: "c", data: {} }));
  for (const [command, ...args] of [
    ["XRANGE", commandStream, "-", "+"],
    ["XREADGROUP", "GROUP", "humhelix", "thief", "STREAMS", commandStream, ">"],
    ["XGROUP", "DESTROY", commandStream, "humhelix"],
    ["XACK", commandStream, "humhelix", "0-1"],
    ["XDEL", commandStream, "0-1"],
    ["DEL", commandStream],
    ["XADD", deadCommandStream, "*", "ce", "{}"],
    ["XADD", "{humhelix}:events:v1:system", "*", "ce", "{}"],
    ["HGETALL", `${commandStream}:job:a`],
  ] as const) {
    await expect(redis.call(command, ...args), command).rejects.toThrow(/^NOPERM/);
  }
});
