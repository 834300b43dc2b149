import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { HumError } from "../core/errors.ts";
import { maxMemoryBytes } from "../core/job.ts";
import type { Upload } from "../jobs/audio.ts";
import { createScratch } from "../jobs/scratch.ts";
import { createForm } from "./form.ts";

const dir = mkdtempSync(join(tmpdir(), "hum-form-"));
afterAll(() => rmSync(dir, { recursive: true }));

const field = (name: string, value: string) =>
  Buffer.from(`--xx\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
const file = (bytes: Buffer, name = "file") =>
  Buffer.concat([
    Buffer.from(
      `--xx\r\nContent-Disposition: form-data; name="${name}"; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
    ),
    bytes,
    Buffer.from("\r\n"),
  ]);
const end = Buffer.from("--xx--\r\n");

let forms = 0;
/** Feeds the body in pieces of the given size, each in memory of its own as a socket's are. */
async function feed(body: Buffer, pieceBytes: number): Promise<Upload & { discard: () => Promise<void> }> {
  forms += 1;
  const path = join(dir, `${forms}.upload`);
  const scratch = createScratch(path);
  let failure: unknown;
  const form = createForm({
    contentType: "multipart/form-data; boundary=xx",
    maxParts: 10,
    scratch,
    onFailure: (error) => {
      failure ??= error;
    },
  });
  try {
    for (let at = 0; at < body.byteLength && failure === undefined; at += pieceBytes) {
      const piece = new Uint8Array(body.subarray(at, at + pieceBytes));
      await form.write(Buffer.from(piece.buffer));
    }
    return { ...(await form.finish()), discard: scratch.discard };
  } catch (error) {
    await scratch.discard();
    expect(existsSync(path)).toBe(false);
    throw error;
  } finally {
    form.destroy();
  }
}

/** Beginnings of the boundary everywhere. */
const tricky = (bytes: number) =>
  Buffer.from("\r\n--x\r\n-\r\r\n--xy".repeat(Math.ceil(bytes / 15))).subarray(0, bytes);

test.each([1, 2, 3, 7, 17, 64, 4096])(
  "a form is read the same in pieces of %i bytes, fields before and after",
  async (size) => {
    const bytes = tricky(700);
    const body = Buffer.concat([
      field("model", "base"),
      file(bytes),
      field("prompt", "Grüße"),
      file(bytes, "other"),
      end,
    ]);
    const { fields, audio, mediaType } = await feed(body, size);
    expect(fields).toEqual([
      ["model", "base"],
      ["prompt", "Grüße"],
    ]);
    expect(mediaType).toBe("audio/wav");
    expect(audio.source).toEqual({ kind: "memory", data: bytes });
  },
);

test.each([
  ["as much as fits", maxMemoryBytes, "memory"],
  ["one byte more", maxMemoryBytes + 1, "file"],
  ["much more", 5_000_003, "file"],
])("a file of %s is kept whole, in memory or on disk", async (_, bytes, kind) => {
  const content = Buffer.concat([tricky(bytes / 2), randomBytes(bytes - Math.floor(bytes / 2))]).subarray(0, bytes);
  const { audio, discard } = await feed(Buffer.concat([file(content), field("model", "base"), end]), 65_000);
  expect(audio.source.kind).toBe(kind);
  expect(audio.bytes).toBe(bytes);
  const kept = audio.source.kind === "file" ? readFileSync(audio.source.path) : audio.source.data;
  expect(content.equals(kept)).toBe(true);
  expect(audio.sha256).toBe(createHash("sha256").update(content).digest("hex"));
  expect(content.subarray(0, 65_536).equals(audio.head.subarray(0, 65_536))).toBe(true);
  await discard();
  if (audio.source.kind === "file") expect(existsSync(audio.source.path)).toBe(false);
});

test("a form that ends anywhere before its end is refused, and never hangs", async () => {
  const body = Buffer.concat([field("model", "base"), file(tricky(60)), field("prompt", "x"), end]);
  for (const size of [1, 50, 1000]) {
    // The closing line break may be missing.
    for (let length = 0; length < body.byteLength - 2; length += 1) {
      const refusal = await feed(body.subarray(0, length), size).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(HumError);
      expect((refusal as HumError).code).toBe("bad_request");
    }
  }
});

test("a form with a byte changed anywhere is read or refused, and never hangs", async () => {
  const body = Buffer.concat([field("model", "base"), file(tricky(60)), end]);
  for (let at = 0; at < body.byteLength; at += 1) {
    for (const value of [0, 13, 45, 255]) {
      const changed = Buffer.from(body);
      changed[at] = value;
      const outcome = await feed(changed, 31).then(
        () => "read",
        (error: unknown) => (error instanceof HumError ? error.code : error),
      );
      expect(["read", "bad_request"]).toContain(outcome);
    }
  }
});
