import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeNode, makeDirectory, runCli, samplePath, startCli, untilServing } from "./cli-rig.ts";

test("serve ends its start with the banner, tells of a taken port, and ends cleanly by a signal", async () => {
  const server = startCli(["serve"], { env: fakeNode() });
  const url = await untilServing(server);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(server.out.filter((line) => /^redis:\/\/\S+$/.test(line))).toHaveLength(1);
  expect(server.out.join("\n")).toContain(`curl -s ${url}/v1/audio/transcriptions -F file=@`);

  const { port } = new URL(url);
  const second = await runCli(["serve"], { env: { ...fakeNode(), HUM_HTTP_PORT: port } });
  expect(second.code).toBe(1);
  expect(second.err.at(-1)).toBe(
    `hum-helix serve: port ${port} of 127.0.0.1 is taken; set HUM_HTTP_PORT to another one, or to 0 for any that is free`,
  );

  server.child.kill("SIGTERM");
  expect(await server.result).toMatchObject({ code: 0 });
  await expect(fetch(`${url}/ping`)).rejects.toThrow();
});

test("serve --json prints one line when it can transcribe, and nothing else for its reader to skip", async () => {
  const server = startCli(["serve", "--json"], { env: fakeNode() });
  await expect.poll(() => server.out.length, { timeout: 20_000 }).toBe(1);
  const line = JSON.parse(server.out[0] ?? "");
  expect(line).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    redis_url: expect.stringMatching(/^redis:\/\//),
    model: "fake:echo",
    pid: expect.any(Number),
  });
  expect((await fetch(`${line.url}/readyz`)).status).toBe(200);
  process.kill(line.pid, "SIGTERM");
  expect(await server.result).toMatchObject({ code: 0, out: [server.out[0]] });
  expect(server.err).toContain("loading model fake:echo ...");
});

test("a signal while the model loads ends serve as cleanly", async () => {
  const server = startCli(["serve"], { env: { ...fakeNode(), HUM_MODEL: "fake:load=60" } });
  await expect.poll(() => server.out, { timeout: 20_000 }).toContain("loading model fake:load=60 ...");
  server.child.kill("SIGINT");
  expect(await server.result).toMatchObject({ code: 0 });
});

test("a second signal ends serve at once, though a request is still being worked on", async () => {
  const server = startCli(["serve"], { env: { ...fakeNode(), HUM_MODEL: "fake:slow=60" } });
  const url = await untilServing(server);
  const body = readFileSync(samplePath);
  const answer = fetch(`${url}/v1/audio/transcriptions`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body,
  });
  answer.catch(() => undefined);
  const metrics = async () => (await fetch(`${url}/metrics`)).text();
  await expect.poll(metrics, { timeout: 5_000 }).toMatch(/^hum_jobs_in_flight 1$/m);
  server.child.kill("SIGINT");
  await expect.poll(() => server.out).toContain("stopping; once more to stop at once");
  // npm passes one key press on twice, so what comes right after the first does not count.
  const again = setInterval(() => server.child.kill("SIGINT"), 100);
  expect(await server.result).toMatchObject({ code: 130 });
  clearInterval(again);
  await expect(answer).rejects.toThrow();
});

test("serve without its model's weights says how to get them, and starts nothing", async () => {
  const dataDir = join(makeDirectory(), "data");
  const result = await runCli(["serve"], { env: { HUM_MODEL_DIR: makeDirectory(), HUM_DATA_DIR: dataDir } });
  expect(result).toEqual({
    code: 1,
    out: [],
    err: ["hum-helix serve: model base is known but not installed; run: npx hum-helix models pull base"],
  });
});

test("an engine that cannot load ends serve with its reason", async () => {
  const env = { ...fakeNode(), HUM_MODEL: "fake:load-fail", HUM_RESTART_MAX_FAILURES: "1" };
  const result = await runCli(["serve"], { env });
  expect(result.code).toBe(1);
  expect(result.err.at(-1)).toMatch(/^hum-helix serve: .*load/);
});
