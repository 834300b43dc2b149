import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { expandConfigs } from "../plan/configs.ts";
import { loadDefinition } from "./load.ts";

function load(text: string) {
  const directory = mkdtempSync(join(tmpdir(), "hum-list-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "old list.yaml"), text);
  return loadDefinition(join(directory, "old list.yaml"), { env: {}, metrics: [] });
}

const entry = (audio: string, beam: number) => `  - model: base
    compute_type: int8
    device: cuda
    beam_size: ${beam}
    vad_filter: true
    word_timestamps: false
    audio_file: ${audio}
`;

test("the old list is a definition that runs the same, each entry on its own audio", () => {
  const { definition, notes } = load(
    `download_root: /models\nbenchmarks:\n${entry("audio/a.wav", 1)}${entry("audio/a.wav", 5)}${entry("other/a.wav", 5)}`,
  );
  expect(definition).toMatchObject({
    name: "old-list",
    workloads: [
      { kind: "audio", name: "a", audio: "audio/a.wav" },
      { kind: "audio", name: "a-2", audio: "other/a.wav" },
    ],
    suts: [{ kind: "faster-whisper" }],
    protocol: { warmup: 0, min_trials: 1, isolation: "fresh-process" },
  });
  const config = { model: "base", compute_type: "int8", device: "cuda", vad_filter: true, word_timestamps: false };
  expect(expandConfigs(definition)).toMatchObject([
    { run_config: { ...config, beam_size: 1 }, workloads: ["a"] },
    { run_config: { ...config, beam_size: 5 }, workloads: ["a", "a-2"] },
  ]);
  expect(notes).toEqual(["download_root /models is not used: models are where `hum-helix models` keeps them"]);
});

test("an entry that is there twice runs once, and that is told", () => {
  const { definition, notes } = load(`benchmarks:\n${entry("a.wav", 1)}${entry("a.wav", 1)}`);
  expect(expandConfigs(definition)).toHaveLength(1);
  expect(notes).toEqual(["1 of 2 benchmarks equal another one and are not run again"]);
});

test("what is wrong in it is told with its line, as in a definition", () => {
  const text = `benchmarks:\n${entry("a.wav", 1)}${entry("b.wav", 0).replace("vad_filter", "vad_fliter")}download_rot: /models\n`;
  expect(() => load(text)).toThrow(/:12: benchmarks\.1\.beam_size is 0; it must be 1 or more\n/);
  expect(() => load(text)).toThrow(
    /:13: benchmarks\.1\.vad_fliter is no field; did you mean benchmarks\.1\.vad_filter\?\n/,
  );
  expect(() => load(text)).toThrow(/:16: download_rot is no field; did you mean download_root\?$/);
});
