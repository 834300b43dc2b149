import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { packagedSources } from "../../src/bench/workloads/builders/packaged.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { python } from "../e2e/direct.ts";

const byCode = (a: string, b: string) => (a < b ? -1 : 1);

/** What the study of the fast profile takes of a language. */
function studied(language: string): string[] {
  const program = `
import json, prompts, sys
clips = prompts.tuned_on(sys.argv[1]) + prompts.held_out(sys.argv[1])
print(json.dumps([f"{clip.name}: {clip.text}" for clip in clips]))
`;
  const sidecar = join(checkoutRoot, "sidecar");
  const env = { ...process.env, PYTHONPATH: `${join(sidecar, "src")}:${join(sidecar, "tests")}` };
  return JSON.parse(execFileSync(python, ["-c", program, language], { encoding: "utf8", env })) as string[];
}

test.each(["en", "es", "fr", "it", "ru"])(
  "of the prompts in %s it takes those that the studies take",
  async (language) => {
    const source = packagedSources.find(({ name }) => name === `asterisk-${language}`);
    const gathered = await source?.gather();
    const taken = gathered?.candidates.map(({ name, text }) => `${name}: ${text}`) ?? [];
    expect(taken.length).toBeGreaterThan(150);
    expect(taken.toSorted(byCode)).toEqual([...new Set(studied(language))].toSorted(byCode));
    expect(gathered?.source).toMatch(/^Debian package asterisk-core-sounds-..-wav 1\./);
  },
);

test.each([
  ["pocketsphinx-librivox", "sense_and_sensibility_01_austen_64kb-0880", "he was not an ill disposed young man"],
  ["cards", "002", "four queen of clubs"],
])("%s has five clips with their texts", async (name, clip, text) => {
  const gathered = await packagedSources.find((source) => source.name === name)?.gather();
  expect(gathered?.candidates).toHaveLength(5);
  expect(gathered?.candidates.find((candidate) => candidate.name === clip)).toMatchObject({ text, language: "en" });
  expect(gathered?.leftOut).toEqual([]);
});
