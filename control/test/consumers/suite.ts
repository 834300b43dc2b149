/** What every example of a consumer does on a real node: nothing is lost, whoever is killed, and what comes again is known. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { streamKey } from "../../src/events/sinks/append.ts";
import { type Child, spawnChild } from "../../src/platform/child.ts";
import { type ExampleNode, longAudio, startExampleNode } from "./node.ts";

export interface Example {
  /** The file in proto/events/consumers. */
  file: string;
  command: string;
  /** What it says once no event from now on can be lost; null where it begins with the oldest that is kept. */
  ready: RegExp | null;
  /** Has an example that reads no stream of Redis see again what it did already; null for all others. */
  rewind: ((state: string) => void) | null;
}

interface Running extends Example {
  child: Child;
  /** The file that it keeps what it saw in. */
  state: string;
  /** Of all its lives. */
  out: string[];
  err: string[];
}

const kills = 10;
const jobsAtATime = 4;
const patience = { timeout: 60_000, interval: 50 };
const slow = { timeout: 180_000 };

/** Registers the suite for some examples, which all follow one node at the same time. */
export function consumers(examples: readonly Example[]): void {
  const directory = mkdtempSync(join(tmpdir(), "hum-consumers-"));
  let node: ExampleNode;
  let running: Running[];
  /** Of all jobs that were told to the examples. */
  const jobs: string[] = [];

  function start(example: Running): void {
    const state = { INBOX: example.state, PLACE: example.state };
    example.child = spawnChild({
      command: example.command,
      args: [join(checkoutRoot, "proto/events/consumers", example.file)],
      cwd: directory,
      env: { PATH: process.env.PATH ?? "", HUM_URL: node.url, CLAIM_AFTER_MS: "1000", ...state },
      onLine: (line, stream) => example[stream === "stdout" ? "out" : "err"].push(line),
    });
  }

  /** A shell's example is many processes. */
  async function kill({ child }: Running): Promise<void> {
    if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    await child.exited;
  }

  const jobsOf = ({ out }: Running) => out.map((line) => line.split(/:| /, 1)[0] ?? "");
  const untilAllTold = () =>
    vi.waitFor(() => {
      for (const one of running) {
        const missing = jobs.filter((job) => !jobsOf(one).includes(job));
        expect({ file: one.file, missing, err: missing.length > 0 ? one.err.slice(-5) : [] }).toEqual({
          file: one.file,
          missing: [],
          err: [],
        });
      }
    }, patience);
  /** The sequences that an example said were missing, and that did not come late either. */
  function missingOf({ err }: Running): number[] {
    const late = err.flatMap((line) => /^late: (\d+)/.exec(line)?.[1] ?? []).map(Number);
    const gaps = err.flatMap((line) => {
      const [, first, last] = /^gap: (\d+) to (\d+)/.exec(line) ?? [];
      return first === undefined
        ? []
        : Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
    });
    return gaps.filter((sequence) => !late.includes(sequence));
  }
  const complaints = ({ err }: Running, about: string) => err.filter((line) => line.startsWith(`${about}: `));

  beforeAll(async () => {
    node = await startExampleNode(directory);
    running = examples.map((example, index) => {
      const one = { ...example, state: join(directory, `state-${index}`), out: [], err: [] };
      const started: Running = { ...one, child: undefined as unknown as Child };
      start(started);
      return started;
    });
    await vi.waitFor(() => {
      for (const { ready, err } of running) if (ready !== null) expect(err.join("\n")).toMatch(ready);
    }, patience);
  }, 60_000);

  afterAll(async () => {
    await Promise.all(running.map(kill));
    await node.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  test("each prints how every job ended, and fetches a text that no event has room for", slow, async () => {
    const done = await node.transcribe();
    const refused = await node.transcribe({ body: "not audio at all", query: "" });
    const long = await node.transcribe(longAudio);
    jobs.push(done, refused, long);
    await untilAllTold();
    for (const { file, out } of running) {
      const lineOf = (job: string) => out.filter((line) => line.startsWith(job));
      expect(lineOf(done), file).toEqual([expect.stringMatching(/: {2}segment 0 .* segment 10$/)]);
      expect(lineOf(refused), file).toEqual([expect.stringContaining("failed: the file is no audio")]);
      expect(lineOf(long), file).toEqual([expect.stringMatching(/: {2}segment 0 .* segment 4899$/)]);
    }
  });

  test(`none loses an event where it is killed in the middle of its work, ${kills} times`, slow, async () => {
    for (let round = 0; round < kills; round += 1) {
      const before = running.map(({ out }) => out.length);
      const asked = Promise.all(Array.from({ length: jobsAtATime }, () => node.transcribe()));
      await Promise.all(
        running.map(async (one, index) => {
          await vi.waitFor(() => expect(one.out.length).toBeGreaterThan(before[index] ?? 0), patience);
          await kill(one);
        }),
      );
      jobs.push(...(await asked), await node.transcribe());
      for (const one of running) start(one);
    }
    await untilAllTold();
  });

  test("none loses an event where Redis is killed, and where the node is", slow, async () => {
    const asked = Promise.all(Array.from({ length: jobsAtATime }, () => node.transcribe()));
    await node.killRedis();
    jobs.push(...(await asked), await node.transcribe());
    await untilAllTold();
    jobs.push(await node.transcribe());
    await node.kill();
    await node.start();
    jobs.push(await node.transcribe());
    await untilAllTold();
    for (const one of running)
      expect({ file: one.file, missing: missingOf(one) }).toEqual({ file: one.file, missing: [] });
  });

  test("each tells what is missing, and does nothing twice", slow, async () => {
    await Promise.all(running.map(kill));
    const again = await node.transcribe();
    const admin = await node.connectAsAdmin();
    const stream = streamKey("transcription");
    const [[newest, fields]] = (await admin.call("XREVRANGE", stream, "+", "-", "COUNT", 1)) as [[string, string[]]];
    await admin.call("XADD", stream, "*", ...fields);
    const lost = await node.transcribe();
    const entries = (await admin.call("XRANGE", stream, `(${newest}`, "+")) as [string, string[]][];
    const [first] = entries.filter(([, [, json]]) => json?.includes(lost));
    await admin.call("XDEL", stream, first?.[0] ?? "");
    admin.close();
    for (const one of running) {
      one.err.length = 0;
      one.rewind?.(one.state);
      start(one);
    }
    jobs.push(again, lost);
    await untilAllTold();
    for (const one of running) {
      expect(
        jobsOf(one).filter((job) => job === again || job === lost),
        one.file,
      ).toEqual([again, lost]);
      await vi.waitFor(() => expect(complaints(one, "duplicate"), one.file).not.toEqual([]), patience);
      const isFromRedis = one.rewind === null;
      expect(missingOf(one), one.file).toHaveLength(isFromRedis ? 1 : 0);
    }
  });
}
