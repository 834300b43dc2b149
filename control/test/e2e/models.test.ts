import { readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { alive } from "../processes.ts";
import { samplePath, startServer } from "./server.ts";

const onLinux = test.skipIf(process.platform !== "linux");

const loadedSchema = z.object({
  data: z.array(
    z.object({
      model: z.string(),
      state: z.string(),
      pinned: z.boolean(),
      memory_bytes: z.number(),
      in_use: z.number(),
    }),
  ),
});
const readinessSchema = z.object({
  slots: z.array(z.object({ slot: z.string(), model: z.string().nullable(), pid: z.number().nullable() })),
});

async function server(env?: Record<string, string>) {
  const started = await startServer(env);
  onTestFinished(async () => void (await started.stop()));
  const { url } = started;
  const post = async (path: string, body: unknown) => {
    const response = await fetch(`${url}${path}`, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const loaded = async () => loadedSchema.parse(await (await fetch(`${url}/v1/models/loaded`)).json()).data;
  const pidOf = async (model: string) =>
    readinessSchema.parse(await (await fetch(`${url}/readyz`)).json()).slots.find((slot) => slot.model === model)
      ?.pid ?? 0;
  return { url, post, loaded, pidOf };
}

const residentBytes = (pid: number) =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;

onLinux("a model is loaded by its alias, and after its time idle its process and all its memory are gone", async () => {
  const { post, loaded, pidOf } = await server({ HUM_MODEL_TTL_S: "3" });
  expect(await post("/v1/models/load", { model: "whisper-tiny.en" })).toEqual({
    status: 200,
    body: { model: "tiny.en", action: "loaded" },
  });
  const models = await loaded();
  expect(models.map(({ model, state, pinned }) => [model, state, pinned])).toEqual([
    ["base", "ready", true],
    ["tiny.en", "ready", false],
  ]);
  const pid = await pidOf("tiny.en");
  expect(residentBytes(pid)).toBeGreaterThan(100_000_000);
  await vi.waitFor(async () => expect((await loaded()).map(({ model }) => model)).toEqual(["base"]), {
    timeout: 15_000,
    interval: 50,
  });
  await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 5000 });
});

test("an unload and a load again over HTTP, and a request that loads what was unloaded", async () => {
  const { url, post, loaded } = await server();
  expect((await post("/v1/models/unload", { model: "whisper-1" })).body).toEqual({ model: "base", action: "unloaded" });
  expect((await post("/v1/models/unload", { model: "base" })).body).toEqual({ model: "base", action: "not_loaded" });
  expect(await loaded()).toEqual([]);
  expect(await (await fetch(`${url}/readyz`)).json()).toMatchObject({ status: "degraded" });
  const response = await fetch(`${url}/v1/audio/transcriptions?response_format=text`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body: readFileSync(samplePath),
  });
  expect([response.status, await response.text()]).toEqual([200, expect.stringContaining("ask what you can do")]);
  expect((await post("/v1/models/load", {})).body).toEqual({ model: "base", action: "already_loaded" });
});

test("what cannot be loaded is refused in OpenAI's shape, with what would be right", async () => {
  const { post } = await server();
  const refused = async (body: unknown) => (await post("/v1/models/load", body)) as unknown;
  expect(await refused({ model: "nope" })).toMatchObject({ status: 404, body: { error: { code: "model_unknown" } } });
  expect(await refused({ model: "large" })).toMatchObject({
    status: 404,
    body: { error: { code: "model_unknown", message: expect.stringContaining("models pull large-v3") } },
  });
  expect(await refused({ model: "base", device: "tpu" })).toMatchObject({
    status: 400,
    body: { error: { code: "bad_request", param: "device" } },
  });
  expect(await refused({ model: "tiny.en", compute_type: "int3" })).toMatchObject({
    status: 503,
    body: { error: { code: "loading", message: expect.stringContaining("these do: ") } },
  });
  expect(await refused("no object")).toMatchObject({ status: 400, body: { error: { code: "bad_request" } } });
});
