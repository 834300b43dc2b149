import { describe, expect, test } from "vitest";
import { catalogue } from "../../../test/integration/http-rig.ts";
import { defaultOptions, type JobOptions } from "../../core/options.ts";
import { parseSpeechRequest } from "../../http/options.ts";
import { engineAxes, type RunConfig, type RunParameter, runParameters } from "../definition/run-config.ts";
import { sutSchema } from "../definition/sut.ts";
import { humHelixFields } from "./hum-helix-fields.ts";
import { libraryCall } from "./library-options.ts";
import { openAiFields } from "./openai-fields.ts";

/** Of each parameter values that differ from its default, and those that are hard to write in a form. */
const values: { [Name in RunParameter]-?: RunConfig[Name][] } = {
  model: ["tiny.en"],
  compute_type: ["float32"],
  device: ["cpu"],
  sidecars: [2],
  workers: [2],
  threads_per_worker: [2],
  max_batch: [2],
  task: ["translate"],
  language: ["de", null],
  multilingual: [true],
  language_detection_threshold: [0.25],
  language_detection_segments: [3],
  initial_prompt: ['a, b\n"c"', "null", null, ""],
  prefix: ["So", null, ""],
  hotwords: ["Helix", null, ""],
  temperatures: [[0], [0.4], [0, 0.5], [0.5, 0.2]],
  beam_size: [1],
  best_of: [2],
  patience: [1.5],
  length_penalty: [-0.5],
  repetition_penalty: [1.1],
  no_repeat_ngram_size: [3],
  compression_ratio_threshold: [null, 1e-7],
  log_prob_threshold: [null, -0.5],
  no_speech_threshold: [null, 0.1],
  condition_on_previous_text: [false],
  prompt_reset_on_temperature: [0.25],
  suppress_blank: [false],
  suppress_tokens: [[], [-1, 3]],
  without_timestamps: [true],
  max_initial_timestamp: [0],
  word_timestamps: [true],
  prepend_punctuations: ["(", ""],
  append_punctuations: [".,", ""],
  hallucination_silence_threshold: [null, 2],
  max_new_tokens: [null, 10],
  chunk_length: [null, 20],
  clip_timestamps: [[], [0, 1.5]],
  vad_filter: [true],
  vad_parameters: [{ ...defaultOptions.vad_parameters, threshold: 0.3, max_speech_duration_s: 10 }],
  speech_gate: [false],
  profile: ["batched", "fast"],
  batch_size: [4],
  deterministic: [true],
};
const cases = runParameters.flatMap((name) => values[name].map((value) => [name, value] as const));

describe("this server", () => {
  test.each(cases)("is told %s of %o, or it is reported", (name, value) => {
    const { fields, task, untold } = humHelixFields({ model: "base", [name]: value });
    if (untold.length > 0) {
      expect(untold).toEqual([name]);
      return;
    }
    const request = parseSpeechRequest(
      fields.map(([field, text]) => [field, text]),
      { task, catalogue },
    );
    if (name === "model") expect(request.model.name).toBe(value);
    else if ((engineAxes as readonly string[]).includes(name)) expect(request.options).toEqual(defaultOptions);
    else expect(request.options).toEqual({ ...defaultOptions, [name]: value });
  });

  test("cannot be told an empty text or list where the default is none", () => {
    const empty: RunConfig = { initial_prompt: "", suppress_tokens: [], append_punctuations: "", clip_timestamps: [] };
    expect(humHelixFields(empty).untold).toEqual(["initial_prompt", "suppress_tokens", "append_punctuations"]);
  });
});

describe("a foreign server", () => {
  const definition = sutSchema.parse({
    kind: "openai-http",
    name: "peer",
    url: "http://127.0.0.1:1",
    models: { base: "Systran/faster-whisper-base" },
    supports: ["model", "language", "temperatures", "initial_prompt", "word_timestamps", "vad_filter", "task"],
    fixed: { beam_size: 5, speech_gate: false },
  });
  if (definition.kind !== "openai-http") throw new Error("it is one");
  const told = (config: RunConfig) => openAiFields(config, definition);

  test.each(cases)("is told %s of %o, or it is reported", (name, value) => {
    const { fields, task, untold } = told({ [name]: value });
    const isSaid = fields.length > 0 || task === "translate";
    const isUsual = value === null || (Array.isArray(value) && value.length === 0 && name === "clip_timestamps");
    if (!isSaid && !isUsual && name !== "speech_gate") expect(untold).toEqual([name]);
    if (isSaid) expect(untold).toEqual([]);
  });

  test("is told with OpenAI's names", () => {
    const { fields, task } = told({
      model: "base",
      language: "en",
      temperatures: [0],
      initial_prompt: "Hm",
      word_timestamps: true,
      vad_filter: true,
      task: "translate",
    });
    expect(fields).toEqual([
      ["model", "Systran/faster-whisper-base"],
      ["language", "en"],
      ["temperature", "0"],
      ["prompt", "Hm"],
      ["timestamp_granularities[]", "word"],
      ["timestamp_granularities[]", "segment"],
      ["vad_filter", "true"],
    ]);
    expect(task).toBe("translate");
  });

  test("runs with what it always does, and with nothing else", () => {
    expect(told({ beam_size: 5, speech_gate: false, device: "auto", workers: 0 })).toMatchObject({
      fields: [],
      untold: [],
    });
    expect(told({ beam_size: 1, temperatures: [0, 0.2], compute_type: "int8" }).untold).toEqual([
      "beam_size",
      "temperatures",
      "compute_type",
    ]);
  });
});

describe("the plain library", () => {
  test.each(cases)("is told %s of %o, or it is reported", (name, value) => {
    for (const batched of [false, true]) {
      const { options, untold } = libraryCall({ [name]: value }, { batched });
      const isSaid = Object.keys(options).length > 0;
      if (isSaid) expect(untold).toEqual([]);
      else if (untold.length > 0) expect(untold).toEqual([name]);
      else expect([...neverAnArgument, ...engineAxes]).toContain(name);
    }
  });
  /** What means the library's own way, or nothing to it. */
  const neverAnArgument: RunParameter[] = ["speech_gate", "profile", "deterministic", "batch_size", "clip_timestamps"];

  test("has its own names and its own defaults", () => {
    const config: RunConfig = {
      temperatures: [0, 0.2],
      clip_timestamps: [0, 1],
      vad_parameters: defaultOptions.vad_parameters,
      beam_size: 1,
    };
    expect(libraryCall(config, { batched: false })).toEqual({
      options: {
        temperature: [0, 0.2],
        clip_timestamps: [0, 1],
        vad_parameters: {
          threshold: 0.5,
          min_speech_duration_ms: 0,
          min_silence_duration_ms: 2000,
          speech_pad_ms: 400,
        },
        beam_size: 1,
      },
      untold: [],
    });
  });

  test("knows nothing of this project's own options but what it does anyway", () => {
    const ours = (config: RunConfig, batched = false) => libraryCall(config, { batched }).untold;
    expect(ours({ profile: "default", speech_gate: false, deterministic: true, sidecars: 1, max_batch: 1 })).toEqual(
      [],
    );
    expect(ours({ profile: "batched", speech_gate: true, sidecars: 2, max_batch: 8 })).toEqual([
      "profile",
      "speech_gate",
      "sidecars",
      "max_batch",
    ]);
    expect(ours({ profile: "batched" }, true)).toEqual([]);
  });

  test("cannot be told what its batched pipeline takes and ignores", () => {
    const ignored: Partial<JobOptions> = {
      condition_on_previous_text: true,
      log_prob_threshold: -1,
      temperatures: [0, 0.2],
      hallucination_silence_threshold: 2,
    };
    expect(libraryCall(ignored, { batched: true })).toEqual({ options: {}, untold: Object.keys(ignored) });
    expect(libraryCall({ condition_on_previous_text: false, temperatures: [0] }, { batched: true }).untold).toEqual([]);
  });
});
