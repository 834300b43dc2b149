import { expect, test } from "vitest";
import { type Declared, declaredPcm } from "./raw.ts";

const declared = (contentType: string, more: Partial<Declared> = {}) =>
  declaredPcm({ contentType, fields: [], head: Buffer.alloc(100), bytes: 48_000, ...more });

test.each([
  ["audio/pcm; rate=24000", { encoding: "s16le", sample_rate: 24_000, channels: 1 }],
  ["audio/PCM;rate=8000;encoding=mulaw", { encoding: "mulaw", sample_rate: 8000, channels: 1 }],
  ["audio/l16; rate=44100; channels=2", { encoding: "s16be", sample_rate: 44_100, channels: 2 }],
  ["audio/basic", { encoding: "mulaw", sample_rate: 8000, channels: 1 }],
  ['audio/x-raw; rate="16000"; encoding=F32LE', { encoding: "f32le", sample_rate: 16_000, channels: 1 }],
])("%s says what its samples are", (contentType, raw) => {
  expect(declared(contentType)).toEqual(raw);
});

test("fields say it for any type, and win over the type", () => {
  const fields: [string, string][] = [
    ["raw_sample_rate", "48000"],
    ["raw_channels", "2"],
  ];
  expect(declared("application/octet-stream", { fields })).toEqual({
    encoding: "s16le",
    sample_rate: 48_000,
    channels: 2,
  });
  expect(declared("audio/pcm; rate=8000", { fields })?.sample_rate).toBe(48_000);
});

test.each(["audio/wav", "application/octet-stream", ""])(
  "%o without fields is a file that says itself what it is",
  (type) => {
    expect(declared(type)).toBeNull();
  },
);

test("a Sun file that goes by audio/basic is a file", () => {
  expect(declared("audio/basic", { head: Buffer.from(".snd\0\0\0\x18") })).toBeNull();
});

test.each([
  ["audio/pcm", [], "raw_sample_rate", /need their rate/],
  ["audio/pcm; rate=fast", [], "raw_sample_rate", /is "fast"; it must be a whole number of Hz from 4000/],
  ["audio/pcm; rate=100", [], "raw_sample_rate", /is "100"/],
  ["audio/pcm; rate=16000; channels=9", [], "raw_channels", /is "9"; it must be a whole number from 1 to 8/],
  [
    "audio/wav",
    [
      ["raw_encoding", "s12le"],
      ["raw_sample_rate", "8000"],
    ],
    "raw_encoding",
    /is "s12le"; it must be one of s16le/,
  ],
] as const)("%s with %j is refused with what would be right", (contentType, fields, param, message) => {
  const given = fields.map(([name, value]): [string, string] => [name, value]);
  expect(() => declared(contentType, { fields: given })).toThrow(message);
  expect(() => declared(contentType, { fields: given })).toThrow(
    expect.objectContaining({ code: "bad_request", param }),
  );
});

test("a length that is no whole number of samples is refused with both numbers", () => {
  expect(() => declared("audio/l16; rate=8000; channels=2", { bytes: 4003 })).toThrow(
    /4003 bytes .* 2 x s16be take 4 bytes each/,
  );
});
