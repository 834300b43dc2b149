import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { expect, onTestFinished, test, vi } from "vitest";
import { exportContract } from "../../src/events/contract/contract.ts";
import { type CloudEvent, nameOf } from "../../src/events/envelope.ts";
import { tailEvents } from "../../src/events/tail.ts";
import { startExampleNode } from "../consumers/node.ts";
import { makeDirectory } from "../integration/cli-rig.ts";
import { jfkText, samplePath, startServer } from "./server.ts";

const verbs = (events: CloudEvent[]) => events.map((event) => event.type.split(".").slice(2, 4).join("."));

const closed = exportContract("closed");
const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: fullFormats, keywords: ["x-extensible-enum"] });
const ofEnvelope = ajv.compile(closed.envelope);
const ofData = Object.fromEntries(Object.entries(closed.events).map(([name, { data }]) => [name, ajv.compile(data)]));

/** What is not as the contract says, to the field: more than it has is wrong too. */
function problemsOf(event: CloudEvent): unknown[] {
  const ofThis = ofData[nameOf(event.type)];
  if (ofThis === undefined) return [`${event.type} is not in the contract`];
  const problems = [ofEnvelope(event) ? null : ofEnvelope.errors, ofThis(event.data) ? null : ofThis.errors];
  return problems.filter((problem) => problem !== null).map((problem) => ({ type: event.type, problem }));
}

test("two transcriptions' events reach Redis in order, numbered without a gap, with one terminal event each", async () => {
  const server = await startServer();
  onTestFinished(async () => void (await server.stop()));
  const transcribe = async (requestId: string) => {
    const headers = { "content-type": "audio/wav", "x-request-id": requestId };
    const response = await fetch(`${server.url}/v1/audio/transcriptions`, {
      method: "POST",
      headers,
      body: readFileSync(samplePath),
    });
    expect([response.status, response.headers.get("x-request-id")]).toEqual([200, requestId]);
  };
  await transcribe("first");
  await transcribe("second");

  const leaver = new AbortController();
  const seen: CloudEvent[] = [];
  for await (const event of tailEvents({ url: server.redisUrl, from: "start", signal: leaver.signal })) {
    seen.push(event);
    if (event.correlationid === "second" && event.type.endsWith(".completed.v1")) leaver.abort();
  }
  const path = ["transcription.requested", "transcription.started", "transcription.segment", "transcription.completed"];
  for (const requestId of ["first", "second"]) {
    expect(verbs(seen.filter((event) => event.correlationid === requestId))).toEqual(path);
  }
  const transcriptions = seen.filter((event) => event.source.endsWith("/transcription"));
  expect(transcriptions.map((event) => Number(event.sequence))).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(transcriptions.at(-1)?.data).toMatchObject({ text: expect.stringContaining(jfkText) });
  expect(verbs(seen)).toEqual(expect.arrayContaining(["node.started", "sidecar.ready", "model.loaded"]));
  expect(seen.flatMap(problemsOf)).toEqual([]);
});

test("whatever happens to a node and its jobs, every event is as the contract says and has no field more", async () => {
  const node = await startExampleNode(makeDirectory());
  onTestFinished(() => node.stop());
  const post = (path: string, body: unknown) => fetch(node.url + path, { method: "POST", body: JSON.stringify(body) });
  const ephemeral: CloudEvent[] = [];
  const leaver = new AbortController();
  const stream = await fetch(`${node.url}/v1/events?stream=true&type=*.progress`, { signal: leaver.signal });
  const listening = (async () => {
    for await (const text of stream.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      for (const [, json] of text.matchAll(/^data: (.*)$/gm)) ephemeral.push(JSON.parse(json ?? "") as CloudEvent);
    }
  })().catch(() => undefined);
  const sample = readFileSync(samplePath);
  const ask = (model: string) => node.transcribe({ body: sample, query: `?model=${model}&word_timestamps=true` });

  await ask("fake:echo");
  await node.transcribe({ body: "not audio at all", query: "" });
  await ask("fake:crash-at=3,attempts=1");
  await ask("fake:load-fail");
  const slow = ask("fake:slow=5");
  await vi.waitFor(async () => {
    const jobs = (await (await fetch(`${node.url}/v1/jobs`)).json()) as { data: { id: string; state: string }[] };
    const [job] = jobs.data.filter(({ state }) => state === "running");
    expect((await fetch(`${node.url}/v1/jobs/${job?.id}`, { method: "DELETE" })).status).toBeLessThan(300);
  });
  await slow;
  await post("/v1/models/unload", { model: "fake:crash-at=3,attempts=1" });
  await node.killRedis();
  await node.stop();
  leaver.abort();
  await listening;
  await node.start();

  const kept: CloudEvent[] = [];
  for (let after: string | null = "0"; after !== null; ) {
    const page: Response = await fetch(`${node.url}/v1/events?limit=1000&after=${after}`);
    const { data, next, has_more } = (await page.json()) as { data: CloudEvent[]; next: string; has_more: boolean };
    kept.push(...data);
    after = has_more ? next : null;
  }
  const seen = [...kept, ...ephemeral];
  expect(seen.flatMap(problemsOf)).toEqual([]);
  const transcription = ["requested", "started", "segment", "progress", "completed", "failed", "cancelled"];
  const system = {
    model: ["loading", "loaded", "load_failed", "unloaded"],
    sidecar: ["started", "ready", "crashed", "restarted", "quarantined", "stopped"],
    node: ["started", "draining", "stopped"],
  };
  const expected = Object.entries({ transcription, ...system }).flatMap(([noun, all]) =>
    all.map((verb) => `${noun}.${verb}`),
  );
  expect(verbs(seen)).toEqual(expect.arrayContaining(expected));
});
