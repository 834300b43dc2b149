import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { tailEvents } from "../../src/events/tail.ts";
import { jfkText, samplePath, startServer } from "./server.ts";

test("a transcription's events reach Redis in order, with one terminal event and the request's id", async () => {
  const server = await startServer();
  onTestFinished(async () => void (await server.stop()));
  const leaver = new AbortController();
  const response = await fetch(`${server.url}/v1/audio/transcriptions`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body: readFileSync(samplePath),
  });
  const requestId = response.headers.get("x-request-id");
  const seen = [];
  for await (const event of tailEvents({ url: server.redisUrl, from: "start", signal: leaver.signal })) {
    if (event.correlationid !== requestId) continue;
    seen.push(event);
    if (event.type === "io.humhelix.transcription.completed.v1") break;
  }
  leaver.abort();
  expect(seen.map((event) => event.type.split(".").slice(2, 4).join("."))).toEqual([
    "transcription.requested",
    "transcription.started",
    "transcription.segment",
    "transcription.completed",
  ]);
  expect(seen.at(-1)?.data).toMatchObject({ text: expect.stringContaining(jfkText) });
});
