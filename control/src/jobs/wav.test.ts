import { expect, test } from "vitest";
import { findPcm } from "./wav.ts";

const u16 = (value: number) => Buffer.from(new Uint16Array([value]).buffer);
const u32 = (value: number) => Buffer.from(new Uint32Array([value]).buffer);
const tag = (name: string) => Buffer.from(name, "latin1");
const chunk = (name: string, body: Buffer, size = body.byteLength) =>
  Buffer.concat([tag(name), u32(size), body, Buffer.alloc(body.byteLength % 2)]);

interface Format {
  kind?: number;
  channels?: number;
  rate?: number;
  bytesPerS?: number;
  block?: number;
  bits?: number;
  tail?: Buffer;
}
const fmt = (f: Format = {}) =>
  chunk(
    "fmt ",
    Buffer.concat([
      u16(f.kind ?? 1),
      u16(f.channels ?? 1),
      u32(f.rate ?? 16_000),
      u32(f.bytesPerS ?? 32_000),
      u16(f.block ?? 2),
      u16(f.bits ?? 16),
      f.tail ?? Buffer.alloc(0),
    ]),
  );
const riff = (chunks: Buffer[], size?: number) => {
  const body = Buffer.concat(chunks);
  return Buffer.concat([tag("RIFF"), u32(size ?? body.byteLength + 4), tag("WAVE"), body]);
};
const samples = (bytes: number) => Buffer.alloc(bytes, 7);
const find = (file: Buffer) => findPcm(file, file.byteLength);
const guid = (first: number) => Buffer.concat([u16(first), Buffer.from("000000001000800000aa00389b71", "hex")]);
const extensible = (first: number, validBits = 16) =>
  fmt({ kind: 0xfffe, tail: Buffer.concat([u16(22), u16(validBits), u32(4), guid(first)]) });

test("samples are found behind the plainest header", () => {
  expect(find(riff([fmt(), chunk("data", samples(320))]))).toEqual({ offset: 44, length: 320 });
});

test("other chunks may come before, odd ones with their padding", () => {
  const list = chunk("LIST", Buffer.from("INFOISFT\x03\0\0\0abc", "latin1"));
  expect(list.byteLength % 2).toBe(0);
  const file = riff([list, fmt(), chunk("junk", Buffer.alloc(7)), chunk("data", samples(320))]);
  expect(find(file)).toEqual({ offset: 44 + list.byteLength + 16, length: 320 });
});

test("chunks behind the samples are no samples", () => {
  expect(find(riff([fmt(), chunk("data", samples(320)), chunk("LIST", samples(50))]))?.length).toBe(320);
});

test.each([
  ["ffmpeg's", 0xffff_ffff, 0xffff_ffff],
  ["zeros", 0, 0],
])("sizes that a streaming writer left open (%s) mean until the end", (_, outer, inner) => {
  const file = riff([fmt(), chunk("data", samples(320), inner)], outer);
  expect(find(file)).toEqual({ offset: 44, length: 320 });
});

test("no samples are valid where the outer size agrees", () => {
  expect(find(riff([fmt(), chunk("data", samples(0))]))).toEqual({ offset: 44, length: 0 });
  expect(find(riff([fmt(), chunk("data", samples(0)), chunk("LIST", samples(8))]))?.length).toBe(0);
});

test("half a sample at the end is left out", () => {
  expect(find(riff([fmt(), chunk("data", samples(321))]))?.length).toBe(320);
});

test("the extensible form of PCM is PCM", () => {
  expect(find(riff([extensible(1), chunk("data", samples(320))]))).toEqual({ offset: 68, length: 320 });
});

test("only the head need be at hand", () => {
  const file = riff([fmt(), chunk("data", samples(32_000))]);
  expect(findPcm(file.subarray(0, 44), file.byteLength)).toEqual({ offset: 44, length: 32_000 });
});

test.each([
  ["an empty file", Buffer.alloc(0)],
  ["text", Buffer.from("RIFFs are nice, but this is no WAVE at all")],
  [
    "big-endian RIFX",
    Buffer.from(
      riff([fmt(), chunk("data", samples(32))])
        .toString("latin1")
        .replace("RIFF", "RIFX"),
      "latin1",
    ),
  ],
  ["a missing format", riff([chunk("data", samples(320))])],
  ["a format behind the samples", riff([chunk("data", samples(320)), fmt()])],
  ["two formats", riff([fmt(), fmt(), chunk("data", samples(320))])],
  ["missing samples", riff([fmt(), chunk("data", samples(320), 640)])],
  ["no data chunk", riff([fmt(), chunk("LIST", samples(320))])],
  ["a chunk that ends beyond the file", riff([fmt(), chunk("LIST", samples(10), 4_000_000_000)])],
  ["a format that is too short", riff([chunk("fmt ", samples(8)), chunk("data", samples(320))])],
  ["two channels", riff([fmt({ channels: 2, block: 4, bytesPerS: 64_000 }), chunk("data", samples(320))])],
  ["44.1 kHz", riff([fmt({ rate: 44_100, bytesPerS: 88_200 }), chunk("data", samples(320))])],
  ["8 bits", riff([fmt({ bits: 8, block: 1, bytesPerS: 16_000 }), chunk("data", samples(320))])],
  ["floats", riff([fmt({ kind: 3 }), chunk("data", samples(320))])],
  ["a contradiction", riff([fmt({ bytesPerS: 16_000 }), chunk("data", samples(320))])],
  ["extensible floats", riff([extensible(3), chunk("data", samples(320))])],
  ["extensible PCM of 12 valid bits", riff([extensible(1, 12), chunk("data", samples(320))])],
  ["an extensible format cut short", riff([fmt({ kind: 0xfffe }), chunk("data", samples(320))])],
])("%s is left to the decoder", (_, file) => {
  expect(find(file)).toBeNull();
});

test("a header cut anywhere is left to the decoder and never throws", () => {
  const file = riff([chunk("LIST", samples(9)), extensible(1), chunk("data", samples(320))]);
  for (let end = 0; end < file.byteLength; end += 1) expect(find(file.subarray(0, end))).toBeNull();
});
