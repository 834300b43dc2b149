import { expect, test } from "vitest";
import { wav } from "../../test/integration/http-rig.ts";
import { describeAudio } from "./audio.ts";
import type { ScratchAudio } from "./scratch.ts";

const inMemory = (data: Buffer): ScratchAudio => ({
  source: { kind: "memory", data },
  bytes: data.byteLength,
  sha256: "of the upload",
  head: data,
});
const describeUpload = (audio: ScratchAudio, mediaType = "audio/wav", maxDurationS = 10) =>
  describeAudio({ audio, mediaType, fields: [] }, { maxDurationS });

test("PCM in a file is a region of it", () => {
  const bytes = wav(2);
  const audio: ScratchAudio = {
    source: { kind: "file", path: "/scratch/a", offset: 0, length: bytes.byteLength },
    bytes: bytes.byteLength,
    sha256: "of the upload",
    head: bytes.subarray(0, 100),
  };
  expect(describeUpload(audio)).toEqual({
    format: "pcm_s16le",
    raw: null,
    source: { kind: "file", path: "/scratch/a", offset: 44, length: 64_000 },
    durationS: 2,
    sha256: "of the upload",
    bytes: bytes.byteLength,
    mediaType: "audio/wav",
  });
});

test("PCM of just the longest duration is taken, and no longer one", () => {
  expect(describeUpload(inMemory(wav(10))).durationS).toBe(10);
  expect(() => describeUpload(inMemory(wav(10.01)))).toThrow("the audio lasts 10.0 s; at most 10 s are accepted");
});

test.each([
  ["Audio/X-WAV", "audio/x-wav"],
  ["", "application/octet-stream"],
  ["audio/wav\nx: y", "application/octet-stream"],
  [`audio/${"x".repeat(100)}`, "application/octet-stream"],
])("the claimed media type %j is passed on as %s", (claimed, mediaType) => {
  expect(describeUpload(inMemory(Buffer.from("ID3")), claimed)).toMatchObject({ format: "media", mediaType });
});
