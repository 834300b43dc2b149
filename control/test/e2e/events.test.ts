import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import type { CloudEvent } from "../../src/events/envelope.ts";
import { tailEvents } from "../../src/events/tail.ts";
import { jfkText, samplePath, startServer } from "./server.ts";

const verbs = (events: CloudEvent[]) => events.map((event) => event.type.split(".").slice(2, 4).join("."));

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
});
