import { expect, test } from "vitest";
import { defaultOptions } from "../core/options.ts";
import type { Fields } from "../jobs/raw.ts";
import { parseEngineOptions } from "./engine-options.ts";

const parse = (...fields: Fields) => parseEngineOptions(fields);

test.each([
  ["best_of", "3", 3],
  ["patience", "1.5", 1.5],
  ["length_penalty", "-0.5", -0.5],
  ["repetition_penalty", "1.1", 1.1],
  ["no_repeat_ngram_size", "3", 3],
  ["compression_ratio_threshold", "null", null],
  ["log_prob_threshold", "-0.8", -0.8],
  ["no_speech_threshold", "0.5", 0.5],
  ["prompt_reset_on_temperature", "0.3", 0.3],
  ["prefix", "null", "null"],
  ["suppress_blank", "false", false],
  ["suppress_tokens", "-1, 50256", [-1, 50_256]],
  ["max_initial_timestamp", "2", 2],
  ["append_punctuations", ".!", ".!"],
  ["hallucination_silence_threshold", "2.5", 2.5],
  ["max_new_tokens", "100", 100],
  ["chunk_length", "20", 20],
  ["clip_timestamps", "0,5.5,8", [0, 5.5, 8]],
  ["multilingual", "1", true],
  ["language_detection_segments", "4", 4],
  ["profile", "batched", "batched"],
  ["batch_size", "16", 16],
  ["deterministic", "true", true],
])("%s of %o reaches the engine", (name, value, option) => {
  expect(parse([name, value])).toEqual({ [name]: option });
});

test.each([
  ["best_of", "0", /best_of is "0"; it must be a whole number from 1 to 64/],
  ["patience", "much", /patience is "much"; it must be a number/],
  ["suppress_tokens", "1,x", /token ids with commas between/],
  ["clip_timestamps", "-1", /seconds with commas between/],
  ["chunk_length", "31", /from 1 to 30/],
  ["best_of", "null", /best_of is "null"/],
  ["profile", "turbo", /one of default, fast, batched/],
  ["deterministic", "maybe", /true or false/],
])("%s of %o is refused with what would be right", (name, value, message) => {
  expect(() => parse([name, value])).toThrow(message);
  expect(() => parse([name, value])).toThrow(expect.objectContaining({ code: "bad_request", param: name }));
});

test("what is empty or was not sent keeps its default", () => {
  expect(parse(["best_of", ""], ["unheard_of", "1"])).toEqual({});
});

test("VAD parameters come as JSON or one by one, over the defaults", () => {
  const wanted = { ...defaultOptions.vad_parameters, threshold: 0.4, min_silence_duration_ms: 500 };
  expect(parse(["vad_parameters", '{"threshold":0.4,"min_silence_duration_ms":500}'])).toEqual({
    vad_parameters: wanted,
  });
  expect(parse(["vad_parameters[threshold]", "0.4"], ["vad_parameters[min_silence_duration_ms]", "500"])).toEqual({
    vad_parameters: wanted,
  });
});

test.each(['{"treshold":0.4}', '{"threshold":2}', "[1]", "0.5"])("VAD parameters %o are refused", (value) => {
  expect(() => parse(["vad_parameters", value])).toThrow(
    /vad_parameters takes an object with threshold, neg_threshold/,
  );
});
