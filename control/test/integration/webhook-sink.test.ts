import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { inspect } from "node:util";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import type { Clock } from "../../src/core/clock.ts";
import { createLog } from "../../src/core/log.ts";
import { sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import type { Outgoing, SinkConnection } from "../../src/events/sink.ts";
import { createWebhookSink } from "../../src/events/sinks/webhook.ts";
import { outgoing } from "../conformance/outgoing.ts";
import { createReceiver, type Receiver } from "../receiver.ts";

const secret = `whsec_${randomBytes(32).toString("base64")}`;
const minuteMs = 60_000;
const signal = AbortSignal.timeout(60_000);

let receiver: Receiver;
beforeEach(async () => {
  receiver = await createReceiver({ secret });
  await receiver.start();
});
afterEach(() => receiver.kill());

/** Time that goes on by itself, and further where a test says so. */
function createTestClock() {
  let aheadMs = 0;
  const clock: Clock = { wallMs: () => Date.now() + aheadMs, monotonicMs: () => performance.now() + aheadMs };
  return {
    clock,
    advance(ms: number) {
      aheadMs += ms;
    },
  };
}

function createTestSink(settings: Record<string, unknown> = {}) {
  const { clock, advance } = createTestClock();
  const parsed = sinkSettingsSchema.parse({ kind: "webhook", url: receiver.url, secret, timeout_s: 1, ...settings });
  if (parsed.kind !== "webhook") throw new Error("not the settings of a webhook");
  const log = createLog({ level: "silent", readable: false });
  const sink = createWebhookSink(parsed, { node: "test", version: "1.2.3", log, clock });
  return { sink, advance };
}

async function openTestSink(settings: Record<string, unknown> = {}) {
  const { sink, advance } = createTestSink(settings);
  const open = async (): Promise<SinkConnection> => {
    const connection = await sink.open(signal);
    onTestFinished(() => connection.close());
    return connection;
  };
  return { sink, advance, open, connection: await open() };
}

/** The error of a delivery that failed. */
async function failureOf(connection: SinkConnection, batch: readonly Outgoing[]): Promise<Error> {
  const { stopped } = await connection.deliver(batch);
  if (stopped?.kind !== "failed") throw new Error(`the delivery ended with ${inspect(stopped)}`);
  return stopped.error;
}

/** The same event under another key. */
function withKey(event: Outgoing, partitionKey: string): Outgoing {
  return { ...event, partitionKey, json: JSON.stringify({ ...JSON.parse(event.json), partitionkey: partitionKey }) };
}

const idsOf = (events: readonly { id: string }[]) => events.map(({ id }) => id);
/** `outgoing` has three keys, one after another. */
const keyOf = (index: number) => `slot-${(index + 1) % 3}`;

test("every event is posted as it is, signed, and told apart by its id", async () => {
  const { connection } = await openTestSink({ headers: { Authorization: "Bearer t", "Content-Type": "text/plain" } });
  const batch = outgoing(30);
  expect(await connection.deliver(batch)).toEqual({ delivered: 30, duplicates: 0, stopped: null });
  expect(receiver.forged).toBe(0);
  expect(new Map(receiver.taken.map(({ id, body }) => [id, body]))).toEqual(
    new Map(batch.map(({ id, json }) => [id, json])),
  );
  expect(receiver.taken[0]?.headers).toMatchObject({
    authorization: "Bearer t",
    "content-type": "application/cloudevents+json; charset=utf-8",
    "user-agent": "hum-helix/1.2.3",
    "webhook-signature": expect.stringMatching(/^v1,/),
  });
});

test("without a secret nothing is signed, but ids and times are sent", async () => {
  const open = await createReceiver({ secret: null });
  await open.start();
  onTestFinished(open.kill);
  const { connection } = await openTestSink({ url: open.url, secret: undefined });
  expect(await connection.deliver(outgoing(1))).toMatchObject({ delivered: 1 });
  const headers = open.taken[0]?.headers;
  expect(headers).toMatchObject({ "webhook-id": outgoing(1)[0]?.id, "webhook-timestamp": expect.any(String) });
  expect(headers).not.toHaveProperty("webhook-signature");
});

test("the user and the password of the URL go into the authorization", async () => {
  const { connection } = await openTestSink({ url: receiver.url.replace("//", "//user:p%40ss@") });
  await connection.deliver(outgoing(1));
  const expected = `Basic ${Buffer.from("user:p@ss").toString("base64")}`;
  expect(receiver.taken[0]?.headers.authorization).toBe(expected);
});

test("keys go side by side, up to the bound, and the events of one key one after another", async () => {
  const { connection } = await openTestSink({ max_in_flight: 8, timeout_s: 10 });
  const batch = outgoing(64).map((event, index) => withKey(event, `key-${index % 16}`));
  const held: (() => void)[] = [];
  receiver.answer(async () => {
    await new Promise<void>((resolve) => held.push(resolve));
    return { status: 200 };
  });
  const delivery = connection.deliver(batch);
  await vi.waitFor(() => expect(held).toHaveLength(8));
  receiver.answer(() => ({ status: 200 }));
  for (const release of held) release();
  expect(await delivery).toMatchObject({ delivered: 64, stopped: null });
  expect(receiver.overlapped).toBe(false);
  expect(receiver.peak).toBe(8);
  const places = new Map(batch.map(({ id }, index) => [id, index]));
  for (let key = 0; key < 16; key += 1) {
    const order = receiver.requests.map(({ id }) => places.get(id) ?? -1).filter((place) => place % 16 === key);
    expect(order).toEqual([key, key + 16, key + 32, key + 48]);
  }
});

test("an event that is refused holds back its own key only, and nothing is sent twice", async () => {
  const { connection, open, advance } = await openTestSink();
  const batch = outgoing(30);
  const bad = batch[4]?.id;
  receiver.answer(({ id }) => ({ status: id === bad ? 500 : 204 }));
  const { delivered, stopped } = await connection.deliver(batch);
  expect({ delivered, stopped }).toMatchObject({
    delivered: 4,
    stopped: { kind: "failed", error: { message: "the receiver answered 500" } },
  });
  const ofOtherKeys = batch.filter((_, index) => keyOf(index) !== keyOf(4));
  expect(receiver.taken).toHaveLength(ofOtherKeys.length + 1);

  // What is new goes at once, beside the one that waits.
  const again = await open();
  const more = outgoing(33).slice(4);
  expect(await again.deliver(more)).toMatchObject({ delivered: 0 });
  expect(receiver.taken).toHaveLength(ofOtherKeys.length + 3);
  expect(receiver.requests.filter(({ id }) => id === bad)).toHaveLength(1);

  receiver.answer(() => ({ status: 204 }));
  advance(5_000);
  expect(await (await open()).deliver(more)).toEqual({ delivered: 29, duplicates: 0, stopped: null });
  expect(new Set(idsOf(receiver.taken))).toEqual(new Set(idsOf(outgoing(33))));
  expect(receiver.taken).toHaveLength(33);
  expect(receiver.overlapped).toBe(false);
});

test("what was acknowledged is sent again when it is offered again", async () => {
  const { connection } = await openTestSink();
  await connection.deliver(outgoing(3));
  expect(await connection.deliver(outgoing(3))).toMatchObject({ delivered: 3, stopped: null });
  expect(receiver.taken).toHaveLength(6);
});

test("a receiver that takes nothing is asked by one request at a time, and gets all once it takes one", async () => {
  const { connection, sink, open, advance } = await openTestSink();
  const batch = outgoing(200).map((event, index) => withKey(event, `key-${index}`));
  receiver.answer(() => ({ status: 502 }));
  await failureOf(connection, batch);
  const first = receiver.requests.length;
  expect(first).toBeLessThan(80);
  await expect(sink.open(signal)).rejects.toThrow("the receiver answered 502");
  for (let round = 1; round <= 5; round += 1) {
    advance(5_000);
    await failureOf(await open(), batch);
    expect(receiver.requests).toHaveLength(first + round);
  }
  receiver.answer(() => ({ status: 204 }));
  advance(5_000);
  expect(await (await open()).deliver(batch)).toEqual({ delivered: 200, duplicates: 0, stopped: null });
  expect(receiver.taken).toHaveLength(200);
});

test.each([
  { asked: "7", waitMs: 7_000 },
  { asked: "999999", waitMs: 60 * minuteMs },
])("a receiver that answers 429 with Retry-After $asked is left alone for $waitMs ms", async ({ asked, waitMs }) => {
  const { connection, sink, open, advance } = await openTestSink();
  receiver.answer(() => ({ status: 429, headers: { "retry-after": asked } }));
  expect((await failureOf(connection, outgoing(3))).message).toBe("the receiver answered 429");
  receiver.answer(() => ({ status: 204 }));
  const asks = receiver.requests.length;
  advance(waitMs - 2_000);
  await expect(sink.open(signal)).rejects.toThrow("429");
  expect(receiver.requests).toHaveLength(asks);
  // The first retry of an event has a delay of its own.
  advance(2_000 + 5_000);
  expect(await (await open()).deliver(outgoing(3))).toMatchObject({ delivered: 3, stopped: null });
});

test("410 means never again", async () => {
  const { connection } = await openTestSink({ max_in_flight: 1 });
  const [, , third] = outgoing(3);
  receiver.answer(({ id }) => ({ status: id === third?.id ? 410 : 200 }));
  const batch = outgoing(3).map((event) => withKey(event, "key"));
  expect(await connection.deliver(batch)).toEqual({
    delivered: 2,
    duplicates: 0,
    stopped: { kind: "gone", reason: "the receiver answered 410" },
  });
});

test("an event that is refused for a day is left out, and those behind it follow", async () => {
  const { connection, open, advance } = await openTestSink();
  const batch = outgoing(6);
  receiver.answer(({ id }) => ({ status: id === batch[0]?.id ? 422 : 204 }));
  await failureOf(connection, batch);
  advance(24 * 60 * minuteMs - minuteMs);
  await failureOf(await open(), batch);
  advance(minuteMs);
  const { delivered, stopped } = await (await open()).deliver(batch);
  expect({ delivered, stopped }).toEqual({
    delivered: 0,
    stopped: { kind: "unfit", reason: "the receiver answered 422, the last of 3 tries in 1440 minutes" },
  });
  advance(minuteMs);
  expect(await (await open()).deliver(batch.slice(1))).toMatchObject({ delivered: 5, stopped: null });
});

test.each([
  { status: 422, kind: "unfit" },
  { status: 503, kind: "failed" },
])(
  "an event answered by $status, behind which nothing has room to follow, is $kind after ten minutes",
  async (given) => {
    const { connection, open, advance } = await openTestSink();
    const batch = outgoing(256).map((event, index) => withKey(event, `key-${index}`));
    receiver.answer(({ id }) => ({ status: id === batch[0]?.id ? given.status : 204 }));
    await failureOf(connection, batch);
    expect(receiver.taken).toHaveLength(255);
    advance(9 * minuteMs);
    await failureOf(await open(), batch);
    advance(minuteMs);
    const { stopped } = await (await open()).deliver(batch);
    expect(stopped?.kind).toBe(given.kind);
    expect(receiver.taken).toHaveLength(255);
  },
);

test("a redirect is told, and not followed", async () => {
  const { connection, sink } = await openTestSink();
  receiver.answer(() => ({ status: 307, headers: { location: `http://127.0.0.1:${receiver.port}/elsewhere` } }));
  const error = await failureOf(connection, outgoing(1));
  expect(error.message).toContain("answered 307: redirects are not followed");
  expect(sink.isRefusal(error)).toBe(true);
  expect(receiver.requests).toHaveLength(1);
});

test.each([
  { status: 401, refusal: true },
  { status: 404, refusal: true },
  { status: 500, refusal: false },
  { status: 429, refusal: false },
])("$status is a refusal that only new settings can change: $refusal", async ({ status, refusal }) => {
  const { connection, sink } = await openTestSink();
  receiver.answer(() => ({ status }));
  expect(sink.isRefusal(await failureOf(connection, outgoing(1)))).toBe(refusal);
});

test("a receiver that hangs is given up", async () => {
  const { connection } = await openTestSink({ timeout_s: 0.2 });
  receiver.answer(() => "hang");
  expect((await failureOf(connection, outgoing(3))).message).toBe("the receiver gave no answer in 0.2 s");
});

test("a receiver that cuts the connection fails", async () => {
  const { connection } = await openTestSink();
  receiver.answer(() => "cut");
  expect((await failureOf(connection, outgoing(1))).message).toBe("the receiver cannot be reached: socket hang up");
});

test("a connection that the receiver closed while it was idle is replaced at once", async () => {
  const { connection } = await openTestSink();
  await connection.deliver(outgoing(1));
  let cuts = 0;
  receiver.answer(() => {
    cuts += 1;
    return cuts === 1 ? "cut" : { status: 204 };
  });
  expect(await connection.deliver(outgoing(2).slice(1))).toMatchObject({ delivered: 1, stopped: null });
  expect(cuts).toBe(2);
});

test("of an answer that never ends, only the status is waited for", async () => {
  const server = createServer((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("x".repeat(16 * 1024)), 1);
    response.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const { connection } = await openTestSink({ url: `http://127.0.0.1:${port}/`, timeout_s: 20 });
  const beforeMs = performance.now();
  expect(await connection.deliver(outgoing(2))).toMatchObject({ delivered: 2, stopped: null });
  expect(performance.now() - beforeMs).toBeLessThan(5_000);
});

test("what speaks no HTTP fails with a reason", async () => {
  const server = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { connection } = await openTestSink({ url: `http://127.0.0.1:${port}/` });
  expect((await failureOf(connection, outgoing(1))).message).toMatch(/^the receiver cannot be reached: Parse Error/);
});

test("nothing of the URL, of the headers, of the secret or of the event stands in an error", async () => {
  const url = `http://alice:sesame@127.0.0.1:${receiver.port}/token-in-path?key=token-in-query`;
  const { connection, open, advance } = await openTestSink({ url, headers: { "x-key": "token-in-header" } });
  const errors: Error[] = [];
  receiver.answer(() => ({ status: 403 }));
  errors.push(await failureOf(connection, outgoing(1)));
  for (const answer of ["cut", "hang"] as const) {
    receiver.answer(() => answer);
    advance(minuteMs);
    errors.push(await failureOf(await open(), outgoing(1)));
  }
  await receiver.kill();
  advance(minuteMs);
  errors.push(await failureOf(await open(), outgoing(1)));
  expect(errors.at(-1)?.message).toContain("ECONNREFUSED");
  expect(inspect(errors, { depth: 10, showHidden: true })).not.toMatch(/sesame|token-in|whsec|partitionkey/);
  await receiver.start();
});

test("closing cuts what is under way, and what was cut is no failure of the event", async () => {
  const { connection, open } = await openTestSink({ timeout_s: 30 });
  receiver.answer(() => "hang");
  const delivery = connection.deliver(outgoing(3));
  await vi.waitFor(() => expect(receiver.requests).toHaveLength(3));
  const beforeMs = performance.now();
  await connection.close();
  expect(await delivery).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
  expect(performance.now() - beforeMs).toBeLessThan(500);
  receiver.answer(() => ({ status: 204 }));
  expect(await (await open()).deliver(outgoing(3))).toMatchObject({ delivered: 3, stopped: null });
});
