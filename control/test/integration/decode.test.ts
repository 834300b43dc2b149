import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { Audio } from "../../src/core/job.ts";
import { samplePath } from "../e2e/server.ts";
import { makeWav } from "../wav.ts";
import { failureOf, mediaAudio, mediaFile, openRig, silence } from "./rig.ts";

async function rig(maxDurationS?: number) {
  const opened = await openRig((config) => {
    if (maxDurationS !== undefined) config.decoder.max_duration_s = maxDurationS;
  });
  onTestFinished(opened.close);
  return opened;
}

test("media goes through a decoder process and reaches the engine as PCM of its duration", async () => {
  const { submit, fleet } = await rig();
  const transcript = await submit("fake:echo", { audio: mediaFile(samplePath) }).transcript;
  expect(transcript.duration_s).toBe(11);
  expect(fleet.status().filter((slot) => slot.role === "decoder")).toHaveLength(1);
});

test("PCM beyond what a frame holds goes through the scratch directory, which is empty afterwards", async () => {
  const { submit, scheduler, dir } = await rig();
  const path = join(dir, "upload");
  const wav = makeWav(new Uint8Array(60 * 32_000));
  writeFileSync(path, wav);
  const audio: Audio = { ...mediaAudio(wav), source: { kind: "file", path, offset: 0, length: wav.byteLength } };
  const transcript = await submit("fake:echo", { audio }).transcript;
  expect(transcript.duration_s).toBe(60);
  await scheduler.drain(5000);
  expect(readdirSync(dir).filter((name) => name.endsWith(".pcm"))).toEqual([]);
});

test("bytes that are no media are refused as bad_audio, and the decoder lives on", async () => {
  const { submit, slotEvents } = await rig();
  const failure = await failureOf(
    submit("fake:echo", { audio: mediaAudio(Buffer.from("no audio at all")) }).transcript,
  );
  expect(failure).toMatchObject({ code: "bad_audio", retryable: false, stage: "decode" });
  expect((await submit("fake:echo", { audio: mediaFile(samplePath) }).transcript).duration_s).toBe(11);
  expect(slotEvents.filter((event) => event.type === "crashed")).toEqual([]);
});

const tooLong: [string, () => Audio][] = [
  ["media", () => mediaFile(samplePath)],
  ["plain PCM", () => silence(11)],
];

test.each(tooLong)("%s that lasts longer than allowed is refused as too_large", async (_name, audio) => {
  const { submit } = await rig(5);
  const failure = await failureOf(submit("fake:echo", { audio: audio() }).transcript);
  expect(failure).toMatchObject({ code: "too_large", stage: "decode" });
  expect(failure.message).toMatch(/5 s/);
});
