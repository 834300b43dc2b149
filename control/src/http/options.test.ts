import { describe, expect, test } from "vitest";
import { catalogue } from "../../test/integration/http-rig.ts";
import { defaultOptions } from "../core/options.ts";
import type { Fields } from "../jobs/raw.ts";
import { parseSpeechRequest } from "./options.ts";

const parse = (...fields: Fields) => parseSpeechRequest(fields, { task: "transcribe", catalogue });

test("without fields the default model transcribes to json with faster-whisper's defaults", () => {
  expect(parse()).toEqual({
    model: catalogue.defaultModel,
    format: "json",
    stream: false,
    show: { segments: true, words: false },
    options: defaultOptions,
  });
});

test("every field reaches the engine's options", () => {
  const { options } = parse(
    ["language", "DE"],
    ["prompt", "Grüße"],
    ["hotwords", "Helix"],
    ["temperature", "0.4"],
    ["beam_size", "1"],
    ["word_timestamps", "true"],
    ["without_timestamps", "1"],
    ["condition_on_previous_text", "False"],
    ["vad_filter", "TRUE"],
    ["speech_gate", "0"],
  );
  expect(options).toEqual({
    ...defaultOptions,
    task: "transcribe",
    language: "de",
    initial_prompt: "Grüße",
    hotwords: "Helix",
    temperatures: [0.4],
    beam_size: 1,
    word_timestamps: true,
    without_timestamps: true,
    condition_on_previous_text: false,
    vad_filter: true,
    speech_gate: false,
  });
});

test.each([
  ["english", "en"],
  ["  Haitian Creole ", "ht"],
  ["Mandarin", "zh"],
  ["EN", "en"],
  ["jw", "jw"],
])("language %o is %s", (written, code) => {
  expect(parse(["language", written]).options.language).toBe(code);
});

test.each(["en-US", "klingon", "toString", "e"])("language %o is refused with the codes that are right", (written) => {
  expect(() => parse(["language", written])).toThrow(/it must be an English language name or one of the codes .* en /);
});

test("Cantonese is refused for a model that does not list it", () => {
  expect(() => parse(["language", "yue"])).toThrow(/"yue" \(cantonese\), which model "base" does not understand/);
});

test("a model of one language is told it, so that nothing is detected", () => {
  expect(parse(["model", "tiny.en"]).options.language).toBe("en");
});

test.each(["0", "0.0", ""])("temperature %o lets the engine fall back", (temperature) => {
  expect(parse(["temperature", temperature]).options.temperatures).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
});

test.each(["1", "1.0", ".5", "1e-1", "+0.3"])("temperature %o is one number", (temperature) => {
  expect(parse(["temperature", temperature]).options.temperatures).toEqual([Number(temperature)]);
});

test.each(["0x1", "Infinity", "NaN", "1,0", " ", "1.01", "-1", "1e9", "true"])(
  "temperature %o is refused",
  (temperature) => {
    expect(() => parse(["temperature", temperature])).toThrow(/it must be a number from 0 to 1/);
  },
);

test.each(["0", "65", "1.5", "-1", "five"])("beam_size %o is refused", (beamSize) => {
  expect(() => parse(["beam_size", beamSize])).toThrow(/it must be a whole number from 1 to 64/);
});

describe("granularities", () => {
  const verbose = ["response_format", "verbose_json"] as const;

  test.each(["timestamp_granularities[]", "timestamp_granularities", "timestamp_granularities[0]"])(
    "are read from %s",
    (name) => {
      const request = parse(verbose, [name, "word"]);
      expect(request.show).toEqual({ segments: false, words: true });
      expect(request.options.word_timestamps).toBe(true);
    },
  );

  test("may be both", () => {
    const both = parse(verbose, ["timestamp_granularities[]", "word"], ["timestamp_granularities[]", "segment"]);
    expect(both.show).toEqual({ segments: true, words: true });
  });

  test("of segments alone ask the engine for no words", () => {
    const request = parse(verbose, ["timestamp_granularities[]", "segment"]);
    expect(request.show).toEqual({ segments: true, words: false });
    expect(request.options.word_timestamps).toBe(false);
  });

  test("need verbose_json", () => {
    expect(() => parse(["timestamp_granularities[]", "segment"])).toThrow(/needs response_format verbose_json/);
  });
});

test("half characters in prompt and hotwords are mended", () => {
  const { options } = parse(["prompt", "a\ud800b"], ["hotwords", "\udc00"]);
  expect(options).toMatchObject({ initial_prompt: "a\ufffdb", hotwords: "\ufffd" });
});

test("unknown fields are ignored, also where they repeat or carry an object's names", () => {
  expect(parse(["include[]", "logprobs"], ["x", "1"], ["x", "2"], ["__proto__", "1"], ["task", "translate"])).toEqual(
    parse(),
  );
});

test("a value in a message is quoted and cut short", () => {
  expect(() => parse(["stream", `"${"x".repeat(500)}`])).toThrow(/^stream is "\\"x{79}…"; it must be true or false$/);
});

test("temperatures, unlike temperature, may be 0 alone", () => {
  expect(parse(["temperatures", "0"]).options.temperatures).toEqual([0]);
  expect(parse(["temperatures", "0,0.5"], ["temperature", "0.2"]).options.temperatures).toEqual([0, 0.5]);
  expect(() => parse(["temperatures", "2"])).toThrow(/temperatures is "2"; it must be numbers from 0 to 1/);
});

test("several temperatures that rise are tried in turn", () => {
  expect(parse(["temperature", "0, 0.4,0.8"]).options.temperatures).toEqual([0, 0.4, 0.8]);
});

test("faster-whisper's own options and its name for the prompt reach the engine too", () => {
  const { options } = parse(["best_of", "2"], ["initial_prompt", "Helix"], ["profile", "fast"]);
  expect(options).toEqual({ ...defaultOptions, best_of: 2, initial_prompt: "Helix", profile: "fast" });
});
