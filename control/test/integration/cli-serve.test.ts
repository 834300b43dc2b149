import { createReadStream, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CliRun, launcher, makeDirectory, runCli, samplePath, startCli } from "./cli-rig.ts";

/** A node on the scripted engine, whose transcripts cost nothing. */
const fake = () => ({
  HUM_ALLOW_FAKE_MODELS: "1",
  HUM_MODEL: "fake:echo",
  HUM_DATA_DIR: join(makeDirectory(), "data"),
});

async function urlOf(run: CliRun): Promise<string> {
  await expect.poll(() => run.out.join("\n"), { timeout: 20_000 }).toContain("Ctrl-C stops everything.");
  return /ready at (http:\S+)/.exec(run.out.join("\n"))?.[1] ?? "";
}

test("serve ends its start with the banner, and a signal ends it cleanly", async () => {
  const server = startCli(["serve"], { env: fake() });
  const url = await urlOf(server);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(server.out.filter((line) => /^redis:\/\/\S+$/.test(line))).toHaveLength(1);
  expect(server.out.join("\n")).toContain(`curl -s ${url}/v1/audio/transcriptions -F file=@`);
  server.child.kill("SIGTERM");
  expect(await server.result).toMatchObject({ code: 0 });
  await expect(fetch(`${url}/ping`)).rejects.toThrow();
});

test("a port that is taken is told with what to set", async () => {
  const server = startCli(["serve"], { env: fake() });
  const { port } = new URL(await urlOf(server));
  const second = await runCli(["serve"], { env: { ...fake(), HUM_HTTP_PORT: port } });
  expect(second.code).toBe(1);
  expect(second.err.at(-1)).toBe(
    `hum-helix serve: port ${port} of 127.0.0.1 is taken; set HUM_HTTP_PORT to another one, or to 0 for any that is free`,
  );
});

test("serve without its model's weights says how to get them, and starts nothing", async () => {
  const dataDir = join(makeDirectory(), "data");
  const result = await runCli(["serve"], { env: { HUM_MODEL_DIR: makeDirectory(), HUM_DATA_DIR: dataDir } });
  expect(result).toEqual({
    code: 1,
    out: [],
    err: ["hum-helix serve: model base is known but not installed; run: npx hum-helix models install base"],
  });
});

test("an engine that cannot load ends serve with its reason", async () => {
  const result = await runCli(["serve"], {
    env: { ...fake(), HUM_MODEL: "fake:load-fail", HUM_RESTART_MAX_FAILURES: "1" },
  });
  expect(result.code).toBe(1);
  expect(result.err.at(-1)).toMatch(/^hum-helix serve: .*load/);
});

test("transcribe uses the server that runs, and one failing file does not stop the others", async () => {
  const env = fake();
  const server = startCli(["serve"], { env });
  const { port } = new URL(await urlOf(server));
  const text = join(makeDirectory(), "notes.wav");
  writeFileSync(text, "not audio at all");
  const args = ["transcribe", "--json", text, "/nonexistent.wav", samplePath];
  const { code, out, err } = await runCli(args, { env: { ...env, HUM_HTTP_PORT: port } });
  expect({ code, err }).toEqual({ code: 1, err: [] });
  const [bad, missing, good] = out.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(bad).toMatchObject({ file: text, error: { code: "bad_audio" } });
  expect(missing).toMatchObject({ error: { message: "/nonexistent.wav does not exist" } });
  expect(good).toMatchObject({ file: samplePath, duration: 11, segments: expect.any(Array), text: expect.any(String) });
  // It started nothing of its own: the node's log tells of both uploads.
  expect(server.err.join("\n")).toContain("/v1/audio/transcriptions");
});

test("every format comes as the server renders it, with a head where there are several files", async () => {
  const env = fake();
  const url = await urlOf(startCli(["serve"], { env }));
  const ask = (args: string[]) => runCli(["transcribe", "--url", url, ...args], { env });
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
  const tmp = mkdtempSync(join(makeDirectory(), "tmp-"));
  const { code, out } = await runCli(["transcribe", samplePath], { env: { ...fake(), TMPDIR: tmp } });
  expect(code).toBe(0);
  expect(out.join("")).not.toBe("");
  expect(readdirSync(tmp)).toEqual([]);
  expect(tmp.startsWith(tmpdir())).toBe(true);
});

test("events tail prints what is published as it comes, and ends cleanly on Ctrl-C", async () => {
  const env = fake();
  const url = await urlOf(startCli(["serve"], { env }));
  const tail = startCli(["events", "tail", "--from-start"], { env });
  const raw = startCli(["events", "tail", "--from-start", "--json"], { env });
  const body = createReadStream(samplePath);
  await fetch(`${url}/v1/audio/transcriptions`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body,
    duplex: "half",
  });
  await expect.poll(() => tail.out.join("\n"), { timeout: 10_000 }).toContain("transcription.completed");
  await expect.poll(() => raw.out.join("\n"), { timeout: 10_000 }).toContain("transcription.completed");
  for (const line of raw.out) expect(JSON.parse(line)).toMatchObject({ specversion: "1.0" });
  tail.child.kill("SIGINT");
  raw.child.kill("SIGINT");
  expect(await tail.result).toMatchObject({ code: 0, err: [] });
  expect(await raw.result).toMatchObject({ code: 0, err: [] });
});

test("events tail ends when the reader of its pipe has gone", async () => {
  const env = fake();
  await urlOf(startCli(["serve"], { env }));
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
