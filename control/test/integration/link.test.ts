import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Dealer } from "zeromq";
import { encodeMessage } from "../../src/wire/codec.ts";
import { openLink, type Received } from "../../src/wire/link.ts";
import { maxPayloadBytes } from "../../src/wire/messages.ts";
import { failureOf } from "./rig.ts";

async function open() {
  const dir = mkdtempSync(join(tmpdir(), "hum-link-"));
  const strays: string[] = [];
  const faults: unknown[] = [];
  const link = await openLink({
    socketPath: join(dir, "wire.sock"),
    onStray: (identity) => void strays.push(identity),
    onFault: (_identity, error) => void faults.push(error),
  });
  onTestFinished(async () => {
    await link.close();
    rmSync(dir, { recursive: true });
  });
  return { link, strays, faults };
}

/** A peer that has connected, with what the link heard of it. */
async function connect(endpoint: string, options: { attach: (heard: (received: Received) => void) => void }) {
  const peer = new Dealer({ routingId: "engine-0.1", linger: 0, receiveHighWaterMark: 1 });
  const heard: Received[] = [];
  options.attach((received) => void heard.push(received));
  peer.connect(endpoint);
  onTestFinished(() => peer.close());
  await peer.send(encodeMessage({ type: "pong", seq: 1, oldest_call_s: null }));
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  return { peer, heard };
}

test("a message to a peer that is not there is refused at once", async () => {
  const { link } = await open();
  expect(await failureOf(link.send("nobody", { type: "stop" }))).toMatchObject({ code: "sidecar_lost" });
});

test("a message and its payload arrive as two frames", async () => {
  const { link } = await open();
  const { peer } = await connect(link.endpoint, { attach: (heard) => link.attach("engine-0.1", heard) });
  const audio = { path: null, offset: 0, length: 3 };
  const decode = {
    type: "decode",
    id: "job",
    audio,
    max_duration_s: 1,
    max_cpu_s: 60,
    raw: null,
    output_path: "/dev/null",
  } as const;
  await link.send("engine-0.1", decode, new Uint8Array([1, 2, 3]));
  const [header, payload] = await peer.receive();
  expect(header).toEqual(encodeMessage(decode));
  expect([...(payload ?? [])]).toEqual([1, 2, 3]);
});

test("a payload over the limit is refused before it is sent", async () => {
  const { link } = await open();
  await connect(link.endpoint, { attach: (heard) => link.attach("engine-0.1", heard) });
  const failure = await failureOf(link.send("engine-0.1", { type: "stop" }, new Uint8Array(maxPayloadBytes + 1)));
  expect(failure.message).toContain(`at most ${maxPayloadBytes}`);
});

test("a peer that does not read is refused without waiting, and the link goes on", async () => {
  const { link } = await open();
  const { peer, heard } = await connect(link.endpoint, { attach: (receive) => link.attach("engine-0.1", receive) });
  const payload = new Uint8Array(maxPayloadBytes);
  const sends = Array.from({ length: 300 }, () => link.send("engine-0.1", { type: "stop" }, payload));
  const results = await Promise.allSettled(sends);
  expect(results.some((result) => result.status === "rejected")).toBe(true);
  await peer.send(encodeMessage({ type: "pong", seq: 2, oldest_call_s: null }));
  await vi.waitFor(() => expect(heard.at(-1)).toMatchObject({ ok: true, message: { seq: 2 } }));
});

test("frames that are no message are told as such and never throw", async () => {
  const { link } = await open();
  const { peer, heard } = await connect(link.endpoint, { attach: (receive) => link.attach("engine-0.1", receive) });
  await peer.send(Buffer.from([0xc1]));
  await peer.send([encodeMessage({ type: "pong", seq: 1, oldest_call_s: null }), "payload", "one too many"]);
  await peer.send(Buffer.from([0x81, 0xa4, 0x74, 0x79, 0x70, 0x65, 0xa3, 0x6e, 0x65, 0x77]));
  await vi.waitFor(() => expect(heard).toHaveLength(4));
  expect(heard.slice(1).map((received) => (received.ok ? "ok" : received.reason))).toEqual([
    "unpack",
    "framing",
    "type",
  ]);
});

test("what comes from an identity that nobody is attached to is told as stray", async () => {
  const { link, strays } = await open();
  const { peer } = await connect(link.endpoint, {
    attach(heard) {
      const detach = link.attach("engine-0.1", (received) => {
        heard(received);
        detach();
      });
    },
  });
  await peer.send(encodeMessage({ type: "pong", seq: 2, oldest_call_s: null }));
  await vi.waitFor(() => expect(strays).toEqual(["engine-0.1"]));
});

test("a receiver that throws is told as a fault, and the next message is still delivered", async () => {
  const { link, faults } = await open();
  const fault = new Error("a receiver's mistake");
  const { peer, heard } = await connect(link.endpoint, {
    attach: (receive) =>
      link.attach("engine-0.1", (received) => {
        receive(received);
        throw fault;
      }),
  });
  await peer.send(encodeMessage({ type: "pong", seq: 2, oldest_call_s: null }));
  await vi.waitFor(() => expect(heard).toHaveLength(2));
  expect(faults).toEqual([fault, fault]);
});

test("a socket path that the system would cut off is refused with its length", async () => {
  const socketPath = join(tmpdir(), "x".repeat(120));
  expect((await failureOf(openLink({ socketPath }))).message).toMatch(/bytes; the system allows 107/);
});
