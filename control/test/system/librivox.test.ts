import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { python, transcribeDirectly } from "../e2e/direct.ts";
import { startServer, type TestServer } from "../e2e/server.ts";
import { expectEqual, type Verbose } from "../e2e/verbose.ts";

/** From Debian's pocketsphinx-testdata: five read sentences with their text. */
const corpusDir = "/usr/share/pocketsphinx/test/data/librivox";

const clips = readFileSync(join(corpusDir, "transcription"), "utf8")
  .trim()
  .split("\n")
  .map((line) => {
    const [, reference = "", id = ""] = /^<s> (.*) <\/s> \((.*)\)$/.exec(line) ?? [];
    return { reference, path: join(corpusDir, `${id}.wav`) };
  });

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
}, 60_000);
afterAll(async () => void (await server.stop()));

async function transcribe(path: string): Promise<Verbose> {
  const query =
    "response_format=verbose_json&language=en&timestamp_granularities[]=word&timestamp_granularities[]=segment";
  const response = await fetch(`${server.url}/v1/audio/transcriptions?${query}`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body: readFileSync(path),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Verbose;
}

test("five LibriVox clips, 8 requests at once, equal direct calls and have at most 5 % pooled word error rate", async () => {
  expect(clips).toHaveLength(5);
  const paths = clips.map((clip) => clip.path);
  const options = { beam_size: 5, language: "en", word_timestamps: true };
  const direct = await transcribeDirectly(paths, { model: "base", options });
  const ours = await Promise.all([...paths, ...paths.slice(0, 3)].map(transcribe));
  for (const [index, transcript] of ours.entries()) expectEqual(transcript, direct[index % paths.length]);

  const pairs = clips.map(({ reference }, index) => [reference, ours[index]?.text]);
  const wer = Number(
    execFileSync(python, [join(checkoutRoot, "sidecar", "tests", "wer.py")], { input: JSON.stringify(pairs) }),
  );
  expect(wer).toBeLessThanOrEqual(0.05);
});
