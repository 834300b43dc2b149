import { expect, onTestFinished, test } from "vitest";
import { HumError } from "../../src/core/errors.ts";
import { eventNames } from "../../src/events/catalogue.ts";
import { asyncApiFile, readJson } from "../../src/events/contract/files.ts";
import { memorySink } from "../feed-rig.ts";
import { type HttpRigOptions, openHttpRig, started, wav } from "./http-rig.ts";

async function open(options: HttpRigOptions = {}) {
  const rig = await openHttpRig(options);
  onTestFinished(() => rig.close());
  return rig;
}
const upload = () => {
  const body = new FormData();
  body.append("file", new Blob([wav(0.1)]), "a.wav");
  return { method: "POST", body };
};

test("health is open to all: alive, and ready as the parts are", async () => {
  for (const [readiness, status] of [
    ["ready", 200],
    ["degraded", 200],
    ["unready", 503],
  ] as const) {
    const rig = await open({ readiness, http: { api_key: "a-long-enough-key" } });
    const answer = await fetch(`${rig.url}/readyz`);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ status: readiness, slots: [], queued: 0 });
    expect(await (await fetch(`${rig.url}/ping`)).json()).toEqual({ status: "healthy" });
    expect((await fetch(`${rig.url}/healthz`)).status).toBe(200);
  }
});

test("the contract of the events is open to all, with every type in it", async () => {
  const rig = await open({ http: { api_key: "a-long-enough-key" } });
  const answer = await fetch(`${rig.url}/asyncapi.json`);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/json");
  const document: unknown = await answer.json();
  expect(document).toEqual(readJson(asyncApiFile));
  for (const name of eventNames) expect(document).toHaveProperty(["components", "messages", name, "payload"]);
});

test("with a key configured, the API and the metrics need it", async () => {
  const rig = await open({ http: { api_key: "a-long-enough-key" } });
  const ask = (path: string, authorization?: string) =>
    fetch(`${rig.url}${path}`, authorization === undefined ? {} : { headers: { authorization } });
  for (const path of ["/v1/models", "/v1/models/base", "/v1/events", "/metrics"]) {
    for (const wrong of [undefined, "Bearer", "Bearer another-key", "Basic a-long-enough-key", "a-long-enough-key"]) {
      const answer = await ask(path, wrong);
      expect(answer.status).toBe(401);
      expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      expect(await answer.json()).toMatchObject({ error: { type: "authentication_error", code: "unauthorized" } });
    }
    expect((await ask(path, "Bearer a-long-enough-key")).status).toBe(200);
    expect((await ask(path, "bearer a-long-enough-key")).status).toBe(200);
  }
  expect((await fetch(`${rig.url}/v1/audio/transcriptions`, upload())).status).toBe(401);
  expect((await fetch(`${rig.url}/v1/events/replay`, { method: "POST", body: "{}" })).status).toBe(401);
  expect((await fetch(`${rig.url}/v1/transcripts/some-job`)).status).toBe(401);
});

const refuse = () => {
  throw new HumError("overloaded", "8 jobs wait already; at most 8 may");
};

test.each([
  ["before an upload", { admit: refuse }],
  ["during an upload", { script: refuse }],
])("a queue that is full %s answers 503 with a Retry-After in whole seconds", async (_, options) => {
  const rig = await open(options);
  const answer = await fetch(`${rig.url}/v1/audio/transcriptions`, upload());
  expect(answer.status).toBe(503);
  expect(answer.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
  expect(await answer.json()).toMatchObject({ error: { type: "server_error", code: "overloaded" } });
  expect(rig.submitted).toEqual([]);
  expect(rig.scratchFiles()).toEqual([]);
});

test("an unexpected exception shows nothing of itself but in the log", async () => {
  const rig = await open({
    script: () => {
      throw new TypeError("secret detail");
    },
  });
  const answer = await fetch(`${rig.url}/v1/audio/transcriptions`, upload());
  expect(answer.status).toBe(500);
  const text = await answer.text();
  expect(text).not.toContain("secret");
  expect(text).toContain(answer.headers.get("x-request-id"));
  expect(JSON.stringify(rig.logLines)).toContain("secret detail");
});

test("a request id is the client's where it is well-formed, else the job's", async () => {
  const rig = await open();
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`${rig.url}/v1/audio/transcriptions`, { ...upload(), headers })).headers.get("x-request-id");
  expect(await ask({ "x-request-id": "trace-7:a" })).toBe("trace-7:a");
  expect(rig.submitted[0]?.job.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(await ask({ "x-request-id": "with space" })).toBe(rig.submitted[1]?.job.id);
  expect(await ask({})).toBe(rig.submitted[2]?.job.id);
});

test("every answer carries secure headers, and none opens it to other origins", async () => {
  const rig = await open();
  for (const path of ["/ping", "/nothing"]) {
    const { headers } = await fetch(`${rig.url}${path}`, { headers: { origin: "http://evil.example" } });
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("requests are counted by route template and logged in one line, without what was said or asked", async () => {
  const rig = await open({ http: { api_key: "a-long-enough-key" } });
  const headers = { authorization: "Bearer a-long-enough-key" };
  await fetch(`${rig.url}/v1/models/lab%2Fwhisper-small?who=somebody`, { headers });
  await fetch(`${rig.url}/v1/models/base`);
  await fetch(`${rig.url}/some/where`, { method: "PURGE" });
  await fetch(`${rig.url}/v1/audio/transcriptions`, { ...upload(), headers });
  await expect.poll(() => rig.logLines.length).toBe(4);
  expect(rig.logLines.map(({ level, method, route, status, msg }) => ({ level, method, route, status, msg }))).toEqual([
    { level: 30, method: "GET", route: "/v1/models/{id}", status: 200, msg: "request" },
    { level: 30, method: "GET", route: "/v1/models/{id}", status: 401, msg: "request" },
    { level: 30, method: "PURGE", route: "unmatched", status: 404, msg: "request" },
    { level: 30, method: "POST", route: "/v1/audio/transcriptions", status: 200, msg: "request" },
  ]);
  expect(JSON.stringify(rig.logLines)).not.toMatch(/somebody|long-enough|Ask|country/);
  const text = await (await fetch(`${rig.url}/metrics`, { headers })).text();
  expect(text).toContain('hum_http_requests_total{method="GET",route="/v1/models/{id}",status="200"} 1');
  expect(text).toContain('hum_http_requests_total{method="other",route="unmatched",status="404"} 1');
  expect(text).toContain('hum_http_request_duration_seconds_count{route="/v1/audio/transcriptions"} 1');
});

test("the root says what this is", async () => {
  const rig = await open();
  expect(await (await fetch(rig.url)).json()).toMatchObject({ name: "hum-helix", version: expect.any(String) });
});

test("an address that is taken is told with the field to change", async () => {
  const rig = await open();
  await expect(openHttpRig({ http: { port: rig.port } })).rejects.toThrow(/EADDRINUSE.*http\.port/);
});

test("a fault in the middle of a stream is logged, although its answer began well", async () => {
  const rig = await open({
    script: ({ tell }) => {
      tell(started);
      tell({ type: "failed", attempt: 1, error: new HumError("engine_failed", "the engine raised") });
    },
  });
  const init = upload();
  init.body.append("stream", "true");
  const answer = await fetch(`${rig.url}/v1/audio/transcriptions`, init);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain("engine_failed");
  expect(rig.logLines).toContainEqual(expect.objectContaining({ level: 50, code: "engine_failed" }));
});

test("without a key, a page of another site can change nothing: a browser says where its requests come from", async () => {
  const rig = await open({ sinks: [memorySink("one").sink] });
  const replay = (from: string | null) =>
    fetch(`${rig.url}/v1/events/replay`, {
      method: "POST",
      headers: { "content-type": "text/plain", ...(from === null ? {} : { "sec-fetch-site": from }) },
      body: JSON.stringify({ sink: "one", from: 1 }),
    });
  for (const from of ["cross-site", "same-site"]) {
    const answer = await replay(from);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ error: { message: expect.stringContaining("another site") } });
  }
  for (const from of [null, "none", "same-origin"]) expect((await replay(from)).status).toBe(202);
  const followed = await fetch(`${rig.url}/v1/models`, { headers: { "sec-fetch-site": "cross-site" } });
  expect(followed.status).toBe(200);
});
