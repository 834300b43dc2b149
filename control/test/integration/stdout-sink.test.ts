import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Writable } from "node:stream";
import { expect, onTestFinished, test, vi } from "vitest";
import { createLog } from "../../src/core/log.ts";
import { createStdoutSink } from "../../src/events/sinks/stdout.ts";
import { outgoing } from "../conformance/outgoing.ts";

const signal = AbortSignal.timeout(60_000);

function start(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: "pipe" });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await endOf(child);
  });
  return child;
}

const endOf = (child: ChildProcess) => new Promise((resolve) => child.once("exit", resolve));

async function openTestSink(stream: Writable) {
  const log = createLog({ level: "silent", readable: false });
  const sink = createStdoutSink(
    { kind: "stdout", types: ["*"], required: false },
    { node: "test", version: "0", log, stream },
  );
  const connection = await sink.open(signal);
  onTestFinished(() => connection.close());
  return connection;
}

function collect(lines: Interface): string[] {
  const all: string[] = [];
  lines.on("line", (line) => all.push(line));
  return all;
}

test("events are lines, in order, ephemeral ones too", async () => {
  const cat = start("cat", []);
  const lines = collect(createInterface(cat.stdout));
  const connection = await openTestSink(cat.stdin);
  expect(await connection.deliver(outgoing(3))).toEqual({ delivered: 3, duplicates: 0, stopped: null });
  const [, , , passing] = outgoing(4);
  if (passing !== undefined) connection.announce?.(passing);
  await connection.deliver(outgoing(6).slice(4));
  await vi.waitFor(() => expect(lines).toEqual(outgoing(6).map(({ json }) => json)));
});

test("a reader that has ended wants no more", async () => {
  const cat = start("cat", []);
  const connection = await openTestSink(cat.stdin);
  await connection.deliver(outgoing(1));
  cat.kill("SIGKILL");
  await endOf(cat);
  const { delivered, stopped } = await connection.deliver(outgoing(2));
  expect({ delivered, stopped }).toMatchObject({
    delivered: 0,
    stopped: { kind: "gone", reason: expect.stringMatching(/EPIPE|destroyed/) },
  });
  const [event] = outgoing(1);
  if (event !== undefined) connection.announce?.(event);
});

test("a reader that does not read holds up the delivery, loses ephemeral events, and does not hold up the end", async () => {
  const sleeper = start("sleep", ["60"]);
  const connection = await openTestSink(sleeper.stdin);
  const delivery = connection.deliver(outgoing(1_000));
  const held = sleeper.stdin.writableLength;
  expect(held).toBeGreaterThan(0);
  const [event] = outgoing(1);
  if (event !== undefined) connection.announce?.(event);
  expect(sleeper.stdin.writableLength).toBe(held);
  await connection.close();
  expect(await delivery).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
});

test("the process's own stdout keeps no other work waiting for its reader, and ends with it", async () => {
  const writer = start(process.execPath, [join(import.meta.dirname, "stdout-writer.ts")]);
  const told = collect(createInterface(writer.stderr));
  // Nobody reads yet: the pipe is full, and the program goes on with other things.
  await vi.waitFor(() => expect(told.filter((line) => line === "turn").length).toBeGreaterThan(10), 10_000);
  expect(told.filter((line) => line !== "turn")).toEqual([]);

  const lines = collect(createInterface(writer.stdout));
  const jsons = new Set<string>();
  await vi.waitFor(() => expect(told).toContain("1000 delivered"), 10_000);
  for (const line of lines.slice(0, 1_000)) jsons.add((JSON.parse(line) as { id: string }).id);
  expect(jsons.size).toBe(1_000);

  writer.stdout.destroy();
  await vi.waitFor(() => expect(told.at(-1)).toMatch(/^0 gone: .*EPIPE/), 10_000);
});
