import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { z } from "zod";
import { characterCounts, errorRate } from "../../src/bench/score/wer.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { loadConfig } from "../../src/core/load-config.ts";
import { alignTexts, byVector, lettersOf, wordsOf } from "../scoring/subjects.ts";

const normalizedSchema = z.array(
  z.object({
    text: z.string(),
    normalized: z.record(z.enum(Object.keys(byVector) as (keyof typeof byVector)[]), z.string()),
  }),
);
const count = z.int();
const alignedSchema = z.array(
  z.object({
    reference: z.string(),
    hypothesis: z.string(),
    edits: z.string(),
    jiwer: z.object({
      hits: count,
      substitutions: count,
      deletions: count,
      insertions: count,
      wer: z.number(),
      cer: z.number(),
    }),
  }),
);

/** Another seed each run; the message of a failure has it, and the text. */
const seed = Math.floor(Math.random() * 2 ** 31);

async function ask(kind: "normalizers" | "alignment", count: number): Promise<unknown> {
  const script = join(checkoutRoot, "sidecar", "tests", "scoring.py");
  const { python } = loadConfig({ env: {} });
  const options = { maxBuffer: 64 * 1024 * 1024, env: { ...process.env, PYTHONIOENCODING: "utf-8" } };
  const { stdout } = await promisify(execFile)(python, [script, kind, `${seed}`, `${count}`], options);
  return JSON.parse(stdout);
}

test("six thousand random texts are normalized as whisper-normalizer does it now", async () => {
  const vectors = normalizedSchema.parse(await ask("normalizers", 6000));
  expect(vectors).toHaveLength(6000);
  for (const { text, normalized } of vectors) {
    for (const [name, normalize] of Object.entries(byVector)) {
      const wanted = normalized[name as keyof typeof byVector];
      expect(normalize(text), `${name} of ${JSON.stringify(text)}, seed ${seed}`).toBe(wanted);
    }
  }
});

test("a thousand random pairs are aligned in our order, with as many errors as jiwer finds", async () => {
  const vectors = alignedSchema.parse(await ask("alignment", 1000));
  expect(vectors).toHaveLength(1000);
  for (const { reference, hypothesis, edits, jiwer } of vectors) {
    const { hits, substitutions, deletions, insertions, edits: ours } = alignTexts(reference, hypothesis);
    const what = `${JSON.stringify({ reference, hypothesis })}, seed ${seed}`;
    expect(lettersOf(ours), what).toBe(edits);
    expect((substitutions + deletions + insertions) / (hits + substitutions + deletions), what).toBe(jiwer.wer);
    const characters = characterCounts(wordsOf(reference), wordsOf(hypothesis));
    expect(characters === null ? null : errorRate(characters), what).toBe(jiwer.cer);
  }
});
