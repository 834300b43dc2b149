import OpenAI from "openai";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { makeWav } from "../../wav.ts";
import { startServer } from "../server.ts";

const jobSchema = z.object({
  id: z.string(),
  state: z.enum(["waiting", "running", "done", "failed"]),
  position: z.number().nullable(),
  estimated_wait_s: z.number().nullable(),
  priority: z.string(),
  attempt: z.number(),
  error: z.object({ code: z.string() }).nullable(),
});
const listSchema = z.object({ data: z.array(jobSchema) });

/** A real server over a scripted engine that works on one job at a time, a tenth of a second for each second of audio. */
async function server(env: Record<string, string> = {}) {
  const started = await startServer({
    HUM_MODEL: "fake:slow=0.1",
    HUM_ALLOW_FAKE_MODELS: "true",
    HUM_WORKERS: "1",
    HUM_SLOTS: "1",
    ...env,
  });
  onTestFinished(async () => void (await started.stop()));
  const { url } = started;
  const jobs = async () => listSchema.parse(await (await fetch(`${url}/v1/jobs`)).json()).data;
  const inState = async (state: string) => (await jobs()).filter((job) => job.state === state);
  const post = (seconds: number, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${url}/v1/audio/transcriptions`, {
      method: "POST",
      headers: { "content-type": "audio/wav", ...headers },
      body: makeWav(Buffer.alloc(32_000 * seconds)),
      ...(signal === undefined ? {} : { signal }),
    });
  const runs = async () =>
    Number(/^hum_job_attempts_total\{[^}]*\} (\d+)$/m.exec(await (await fetch(`${url}/metrics`)).text())?.[1] ?? 0);
  return { url, jobs, inState, post, runs };
}

const soon = { timeout: 10_000, interval: 10 };

test("jobs show their order, position and estimate, by class; ended ones are known for a while", async () => {
  const { jobs, inState, post } = await server();
  await (await post(5)).arrayBuffer();
  const answers = [post(10)];
  await vi.waitFor(async () => expect(await inState("running")).toHaveLength(1), soon);
  for (const priority of ["batch", "interactive", "live"]) {
    answers.push(post(10, { "x-priority": priority }));
    await vi.waitFor(async () => expect(await inState("waiting")).toHaveLength(answers.length - 1), soon);
  }
  const waiting = await inState("waiting");
  expect(waiting.map(({ priority, position }) => [priority, position])).toEqual([
    ["live", 0],
    ["interactive", 1],
    ["batch", 2],
  ]);
  const estimates = waiting.map((job) => job.estimated_wait_s ?? Number.NaN);
  expect(estimates[2]).toBeGreaterThan(estimates[1] ?? Number.POSITIVE_INFINITY);
  const statuses = await Promise.all(answers.map(async (answer) => (await answer).status));
  expect(statuses).toEqual([200, 200, 200, 200]);
  expect((await jobs()).map(({ state }) => state)).toEqual(["done", "done", "done", "done", "done"]);
});

test("DELETE ends a running and a waiting job, whose clients are told, and its slot serves the next", async () => {
  const { url, inState, post } = await server();
  const answers = [post(60), post(60)];
  await vi.waitFor(async () => expect(await inState("waiting")).toHaveLength(1), soon);
  for (const job of [...(await inState("waiting")), ...(await inState("running"))]) {
    const path = `${url}/v1/jobs/${job.id}`;
    expect(jobSchema.parse(await (await fetch(path, { method: "DELETE" })).json())).toMatchObject({ state: "failed" });
    // Once more changes nothing.
    expect((await fetch(path, { method: "DELETE" })).status).toBe(200);
    expect(jobSchema.parse(await (await fetch(path)).json()).error).toEqual({ code: "cancelled" });
  }
  for (const answer of answers) {
    const response = await answer;
    expect([response.status, await response.json()]).toMatchObject([499, { error: { code: "cancelled" } }]);
    expect(response.headers.get("x-job-id")).toMatch(/^[0-9a-f-]{36}$/);
  }
  expect((await post(1)).status).toBe(200);
  expect((await fetch(`${url}/v1/jobs/nobody`, { method: "DELETE" })).status).toBe(404);
});

test("X-Request-Timeout-Ms ends the work in time, refuses what would come too late, and wrong values", async () => {
  const { post, inState } = await server();
  const late = await post(60, { "x-request-timeout-ms": "700" });
  expect([late.status, await late.json()]).toMatchObject([504, { error: { code: "deadline" } }]);
  await (await post(5)).arrayBuffer();
  const busy = new AbortController();
  const long = post(100, {}, busy.signal).catch(() => null);
  await vi.waitFor(async () => expect(await inState("running")).toHaveLength(1), soon);
  const waiting = post(100, {}, busy.signal).catch(() => null);
  await vi.waitFor(async () => expect(await inState("waiting")).toHaveLength(1), soon);
  const refused = await post(1, { "x-request-timeout-ms": "2000" });
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(await refused.json()).toMatchObject({
    error: { message: expect.stringMatching(/would be done in about .* after the deadline/) },
  });
  busy.abort();
  await Promise.all([long, waiting]);
  for (const value of ["0", "-5", "soon", "86400001"]) {
    expect((await post(1, { "x-request-timeout-ms": value })).status, value).toBe(400);
  }
  expect((await post(1, { "x-priority": "urgent" })).status).toBe(400);
});

test("a second request with the same Idempotency-Key joins the running job, and a third gets its answer", async () => {
  const { post, inState, runs } = await server();
  const key = { "idempotency-key": "one" };
  const first = post(10, key);
  await vi.waitFor(async () => expect(await inState("running")).toHaveLength(1), soon);
  const answers = [await first, await post(10, key), await post(10, key)];
  const ids = answers.map((answer) => answer.headers.get("x-job-id"));
  expect(new Set(ids).size).toBe(1);
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  expect(new Set(bodies).size).toBe(1);
  expect(await runs()).toBe(1);
  const other = await post(11, key);
  expect([other.status, await other.json()]).toMatchObject([400, { error: { param: "Idempotency-Key" } }]);
});

test("a job with a key goes on without its client for jobs.rejoin_s, one without a key ends at once", async () => {
  const { post, inState, runs } = await server({ HUM_REJOIN_S: "30" });
  const leaver = new AbortController();
  const left = post(20, { "idempotency-key": "two" }, leaver.signal);
  await vi.waitFor(async () => expect(await inState("running")).toHaveLength(1), soon);
  leaver.abort();
  await expect(left).rejects.toThrow(/abort/i);
  expect((await post(20, { "idempotency-key": "two" })).status).toBe(200);
  expect(await runs()).toBe(1);

  const another = new AbortController();
  const gone = post(60, {}, another.signal);
  await vi.waitFor(async () => expect(await inState("running")).toHaveLength(1), soon);
  another.abort();
  await expect(gone).rejects.toThrow(/abort/i);
  await vi.waitFor(async () => expect(await inState("running")).toHaveLength(0), soon);
});

test("the official client's retries after its time-out join the running job: it runs once", async () => {
  const { url, runs } = await server();
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "unused", timeout: 1500, maxRetries: 3 });
  const file = new File([makeWav(Buffer.alloc(32_000 * 30))], "clip.wav");
  const { text } = await client.audio.transcriptions.create({ model: "whisper-1", file });
  expect(text).toContain("segment 29");
  expect(await runs()).toBe(1);
});
