import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { spawnChild } from "../../src/platform/child.ts";
import { wavHeader } from "../wav.ts";

const uploadBytes = 60_000_000;

async function openServer(): Promise<string> {
  const url = Promise.withResolvers<string>();
  const child = spawnChild({
    command: process.execPath,
    args: [join(checkoutRoot, "control", "test", "integration", "http-memory-server.ts")],
    env: {},
    onLine: (line, stream) => (stream === "stdout" ? url.resolve(line) : undefined),
  });
  onTestFinished(async () => void (await child.stop(1000)));
  return url.promise;
}

async function residentMb(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 1e6;
}

/** Sends without ever holding more than a piece of it, as multipart or as the raw body; `onMegabyte` follows it. */
async function upload(url: string, options: { form: boolean; onMegabyte: () => Promise<void> }): Promise<number> {
  const begin = Buffer.from('--xx\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n');
  const end = Buffer.from("\r\n--xx--\r\n");
  const sent = request(`${url}/v1/audio/transcriptions`, {
    method: "POST",
    headers: {
      "content-type": options.form ? "multipart/form-data; boundary=xx" : "audio/wav",
      "content-length": uploadBytes + 44 + (options.form ? begin.byteLength + end.byteLength : 0),
    },
  });
  const answered = once(sent, "response");
  const piece = Buffer.alloc(1_000_000, 1);
  if (options.form) sent.write(begin);
  sent.write(wavHeader(uploadBytes));
  for (let left = uploadBytes; left > 0; left -= piece.byteLength) {
    if (!sent.write(piece)) await once(sent, "drain");
    await options.onMegabyte();
  }
  sent.end(options.form ? end : undefined);
  const [answer] = await answered;
  answer.resume();
  await once(answer, "end");
  return answer.statusCode;
}

test.each([
  ["multipart", true],
  ["raw body", false],
])(
  "a %s upload of 60 MB leaves the server's memory within 30 MB of where it was, also while it arrives",
  async (_, form) => {
    const url = await openServer();
    for (let warm = 0; warm < 20; warm += 1) await residentMb(url);
    const before = await residentMb(url);
    let highest = before;
    const onMegabyte = async () => {
      highest = Math.max(highest, await residentMb(url));
    };
    expect(await upload(url, { form, onMegabyte })).toBe(200);
    expect(highest - before).toBeLessThan(30);
    expect((await residentMb(url)) - before).toBeLessThan(30);
  },
);
