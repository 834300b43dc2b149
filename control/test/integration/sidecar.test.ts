import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { Dealer } from "zeromq";
import { createLog } from "../../src/core/log.ts";
import { createSidecar, type Request } from "../../src/fleet/sidecar.ts";
import { spawnChild } from "../../src/platform/child.ts";
import { encodeMessage } from "../../src/wire/codec.ts";
import { openLink } from "../../src/wire/link.ts";
import { type FromSidecar, protocolVersion } from "../../src/wire/messages.ts";
import { failureOf } from "./rig.ts";

/** The actor over a process that only sleeps, with the test on the other end of the wire. */
async function open() {
  const dir = mkdtempSync(join(tmpdir(), "hum-sidecar-"));
  const link = await openLink({ socketPath: join(dir, "wire.sock") });
  const identity = "decoder-0.1";
  const peer = new Dealer({ routingId: identity, linger: 0 });
  peer.connect(link.endpoint);
  const sidecar = createSidecar({
    identity,
    link,
    spawn: () => spawnChild({ command: "sleep", args: ["60"], env: { PATH: process.env.PATH ?? "" } }),
    load: null,
    helloTimeoutMs: 5000,
    loadTimeoutMs: 5000,
    pingIntervalMs: 60_000,
    missedPings: 3,
    stopGraceMs: 200,
    stallMs: 60_000,
    log: createLog({ level: "silent", readable: false }),
    onChange: () => undefined,
    onRefused: () => undefined,
    onUsage: () => undefined,
  });
  onTestFinished(async () => {
    await sidecar.stop();
    peer.close();
    await link.close();
    rmSync(dir, { recursive: true });
  });
  const say = (message: FromSidecar) => peer.send(encodeMessage(message));
  const reach = (state: string) => vi.waitFor(() => expect(sidecar.state()).toBe(state));
  return { sidecar, peer, say, reach };
}

const hello: FromSidecar = { type: "hello", protocol: protocolVersion, role: "decoder", pid: 1, versions: {} };
const ready: FromSidecar = { type: "ready", slots: 2, model: null, load_s: 0, memory_bytes: 0 };

const request = (id: string): Request => ({
  message: {
    type: "decode",
    id,
    audio: { path: null, offset: 0, length: 0 },
    max_duration_s: 1,
    max_cpu_s: 60,
    raw: null,
    output_path: "/dev/null",
  },
  payload: new Uint8Array(0),
  onProgress: () => undefined,
  alone: false,
  signal: new AbortController().signal,
});

test("a hello of another major version ends the process for good", async () => {
  const { sidecar, say } = await open();
  await say({ ...hello, protocol: { major: 3, minor: 0 } });
  expect(await sidecar.died).toMatchObject({
    permanent: true,
    wasReady: false,
    reason: expect.stringContaining("protocol 3"),
  });
});

test("a ready that comes after a stop does not bring it back", async () => {
  const { sidecar, say, reach } = await open();
  await say(hello);
  await reach("loading");
  const stopped = sidecar.stop();
  await say(ready);
  expect(await stopped).toMatchObject({ wasReady: false, reason: "stopped" });
  expect(sidecar.free()).toBe(0);
});

test("a peer that takes no message is ended, so that the next try does not find it again", async () => {
  const { sidecar, peer, say, reach } = await open();
  await say(hello);
  await say(ready);
  await reach("ready");
  peer.close();
  // The router learns of it in its own time; a message that is still taken stays without an answer.
  let tries = 0;
  await vi.waitFor(() => {
    tries += 1;
    sidecar.run(request(`job-${tries}`)).catch(() => undefined);
    expect(sidecar.state()).not.toBe("ready");
  });
  expect(sidecar.free()).toBe(0);
  expect((await sidecar.died).reason).toBe("it takes no decode");
});

test("a request is settled by the death of its process, with the stage that it was in", async () => {
  const { sidecar, say, reach } = await open();
  await say(hello);
  await say(ready);
  await reach("ready");
  const outcome = sidecar.run(request("job"));
  process.kill(sidecar.pid ?? 0, "SIGKILL");
  expect(await failureOf(outcome)).toMatchObject({ code: "sidecar_lost", stage: "decode" });
  expect(await sidecar.died).toMatchObject({ inFlight: ["job"], reason: "it was ended by SIGKILL" });
});

test("a message of ours that no sidecar would read fails its job only, and the process works on", async () => {
  const { sidecar, say, reach } = await open();
  await say(hello);
  await say(ready);
  await reach("ready");
  expect(await failureOf(sidecar.run(request("x".repeat(200))))).toMatchObject({ code: "internal" });
  expect([sidecar.state(), sidecar.free()]).toEqual(["ready", 2]);
});
