import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeWith, encodeMessage } from "./codec.ts";
import { type FromSidecar, fromSidecarSchema, toSidecarSchema } from "./messages.ts";

const folder = new URL("../../../proto/vectors/golden/", import.meta.url);
const frames = readdirSync(folder)
  .filter((file) => file.endsWith(".msgpack"))
  .map((file) => readFileSync(new URL(file, folder)));

/** In both directions; a frame that is taken says the same after it was written and read again. */
function holds(frame: Uint8Array): boolean {
  return [toSidecarSchema, fromSidecarSchema].every((schema) => {
    const decoded = decodeWith<unknown>(schema, frame);
    if (!decoded.ok) return ["unpack", "type", "field"].includes(decoded.reason) && decoded.detail !== "";
    const again = decodeWith<unknown>(schema, encodeMessage(decoded.message as FromSidecar));
    expect(again).toEqual(decoded);
    return true;
  });
}

test("whatever bytes a frame has, it is a message or a refusal with its reason (10,000 runs)", {
  timeout: 60_000,
}, () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), holds), { numRuns: 10_000 });
});

const damage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 });

test("a message with damaged, missing or further bytes is a message or a refusal (10,000 runs)", {
  timeout: 60_000,
}, () => {
  const damaged = fc
    .tuple(fc.constantFrom(...frames), damage, fc.nat(), fc.uint8Array({ maxLength: 8 }))
    .map(([frame, changes, cut, tail]) => {
      const bytes = Buffer.from(frame);
      for (const { at, byte } of changes) bytes[at % bytes.byteLength] = byte;
      return cut % 3 === 0 ? bytes.subarray(0, cut % bytes.byteLength) : Buffer.concat([bytes, tail]);
    });
  fc.assert(fc.property(damaged, holds), { numRuns: 10_000 });
});

// What the border lets through: no lone surrogates, and no numbers that JSON does not have.
const text = fc.string({ unit: "grapheme", maxLength: 60 });
// Minus zero is packed as the integer 0, and nobody here means more by it.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const uint32 = fc.nat(0xffff_ffff);
const id = fc.string({ minLength: 1, maxLength: 128 });
const word = fc.record({ word: text, start: number, end: number, probability: number });
const segment = fc.record({
  id: uint32,
  seek: uint32,
  start: number,
  end: number,
  text,
  tokens: fc.array(uint32, { maxLength: 40 }),
  temperature: number,
  avg_logprob: number,
  compression_ratio: number,
  no_speech_prob: number,
  words: fc.option(fc.array(word, { maxLength: 8 })),
});
const told: fc.Arbitrary<FromSidecar> = fc.oneof(
  fc.record({
    type: fc.constant("segment" as const),
    id,
    attempt: fc.integer({ min: 1, max: 99 }),
    index: uint32,
    segment,
  }),
  fc.record({
    type: fc.constant("done" as const),
    id,
    attempt: fc.integer({ min: 1, max: 99 }),
    language: text,
    language_probability: number,
    duration_s: number,
    processing_s: number,
  }),
  fc.record({ type: fc.constant("pong" as const), seq: uint32, oldest_call_s: fc.option(number) }),
  fc.record({ type: fc.constant("bye" as const), reason: text }),
);

test("what is told arrives as it was meant, in every digit (10,000 runs)", { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(told, (message) => {
      expect(decodeWith(fromSidecarSchema, encodeMessage(message))).toEqual({ ok: true, message });
    }),
    { numRuns: 10_000 },
  );
});
