import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type CliRun,
  fakeNode,
  launcher,
  makeDirectory,
  runCli,
  samplePath,
  spawnCli,
  startCli,
  stopGraceMs,
  untilServing,
} from "./cli-rig.ts";

/** One node for the verbs that only talk to one; its engine is scripted, so that transcripts cost nothing. */
const directory = mkdtempSync(join(tmpdir(), "hum-cli-"));
const node: { env: Record<string, string>; url: string; run: CliRun } = {
  env: fakeNode(directory),
  url: "",
  run: spawnCli(["serve"], { env: fakeNode(directory) }),
};

beforeAll(async () => {
  node.url = await untilServing(node.run);
  node.env = { ...node.env, HUM_HTTP_PORT: new URL(node.url).port };
}, 30_000);

afterAll(async () => {
  await node.run.child.stop(stopGraceMs);
  rmSync(directory, { recursive: true });
}, 30_000);

test("transcribe uses the server that runs, and one failing file does not stop the others", async () => {
  const text = join(makeDirectory(), "notes.wav");
  writeFileSync(text, "not audio at all");
  const args = ["transcribe", "--json", text, "/nonexistent.wav", samplePath];
  const { code, out, err } = await runCli(args, { env: node.env });
  expect({ code, err }).toEqual({ code: 1, err: [] });
  const [bad, missing, good] = out.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(bad).toMatchObject({ file: text, error: { code: "bad_audio" } });
  expect(missing).toMatchObject({ error: { message: "there is no such file" } });
  expect(good).toMatchObject({ file: samplePath, duration: 11, segments: expect.any(Array), text: expect.any(String) });
  // It started nothing of its own: the node's log tells of both uploads.
  expect(node.run.err.join("\n")).toContain("/v1/audio/transcriptions");
});

test("every format comes as the server renders it, with a head where there are several files", async () => {
  const ask = (args: string[]) => runCli(["transcribe", "--url", node.url, ...args]);
  expect((await ask(["--format", "vtt", samplePath])).out[0]).toBe("WEBVTT");
  expect((await ask(["--format", "srt", samplePath])).out[0]).toBe("1");
  const two = await ask([samplePath, samplePath]);
  expect(two).toMatchObject({ code: 0, err: [] });
  expect(two.out.filter((line) => line === `==> ${samplePath} <==`)).toHaveLength(2);
});

test("transcribe says so where no server answers at the URL it was given", async () => {
  const { code, err } = await runCli(["transcribe", samplePath], { env: { HUM_URL: "http://127.0.0.1:1" } });
  expect(code).toBe(1);
  expect(err[0]).toContain("no server answers at http://127.0.0.1:1; start one with: npx hum-helix serve");
});

test("transcribe without a server starts its own, and leaves nothing behind", async () => {
  const tmp = makeDirectory();
  const { code, out } = await runCli(["transcribe", samplePath], { env: { ...fakeNode(), TMPDIR: tmp } });
  expect(code).toBe(0);
  expect(out.join("")).not.toBe("");
  expect(readdirSync(tmp)).toEqual([]);
});

test("events replay has a sink sent again what it had, and says what it needs", async () => {
  const { env } = node;
  const { code, out } = await runCli(["events", "replay", "--sink", "redis", "--from", "1", "--json"], { env });
  expect({ code, out: out.map((line) => JSON.parse(line)) }).toMatchObject({
    code: 0,
    out: [{ sink: "redis", from: 1, events: expect.any(Number) }],
  });
  const unknown = await runCli(["events", "replay", "--sink", "kafka", "--from", "1"], { env });
  expect(unknown).toMatchObject({
    code: 1,
    err: [expect.stringContaining('there is no sink "kafka"; there are: redis')],
  });
  const wrong = await runCli(["events", "replay", "--sink", "redis", "--from", "soon"], { env });
  expect(wrong).toMatchObject({ code: 1, err: [expect.stringContaining("a whole number from 1 on")] });
});

test("events tail prints what is published as it comes, and ends cleanly on Ctrl-C", async () => {
  const { env, url } = node;
  const tail = startCli(["events", "tail", "--from-start"], { env });
  const raw = startCli(["events", "tail", "--from-start", "--json"], { env });
  const body = readFileSync(samplePath);
  await fetch(`${url}/v1/audio/transcriptions`, { method: "POST", headers: { "content-type": "audio/wav" }, body });
  await expect.poll(() => tail.out.join("\n"), { timeout: 10_000 }).toContain("transcription.completed");
  await expect.poll(() => raw.out.join("\n"), { timeout: 10_000 }).toContain("transcription.completed");
  for (const line of raw.out) expect(JSON.parse(line)).toMatchObject({ specversion: "1.0" });
  tail.child.kill("SIGINT");
  raw.child.kill("SIGINT");
  expect(await tail.result).toMatchObject({ code: 0, err: [] });
  expect(await raw.result).toMatchObject({ code: 0, err: [] });
});

test("events tail ends when the reader of its pipe has gone", async () => {
  const { env } = node;
  const script = '"$0" events tail --from-start | head -n 1';
  const piped = await runCli(["-c", script, launcher], { env, command: "/bin/sh" });
  expect(piped).toMatchObject({ code: 0, err: [] });
  expect(piped.out).toHaveLength(1);
});

test("events tail says how to get events where no server has run", async () => {
  const { code, err } = await runCli(["events", "tail"], { env: { HUM_DATA_DIR: makeDirectory() } });
  expect(code).toBe(1);
  expect(err[0]).toMatch(/^hum-helix events tail: no server has run in .*npx hum-helix serve/);
});
