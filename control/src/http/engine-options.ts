/** faster-whisper's own options as form fields: its names, and each value checked against the schema of a job's options. */
import { z } from "zod";
import { HumError } from "../core/errors.ts";
import { defaultOptions, type JobOptions, jobOptionsSchema } from "../core/options.ts";
import { quote } from "../core/quote.ts";
import type { Fields } from "../jobs/raw.ts";

type Name = keyof JobOptions;

/** How the text of a field is read before the schema judges it. */
type Reading = "text" | "number" | "flag" | "numbers";

/** What a field takes, as an error message says it; `vad_parameters` has a reading of its own below. */
const fields: Partial<Record<Name, [reading: Reading, expected: string]>> = {
  prefix: ["text", "text"],
  multilingual: ["flag", "true or false"],
  language_detection_threshold: ["number", "a number from 0 to 1"],
  language_detection_segments: ["number", "a whole number from 1 to 64"],
  temperatures: ["numbers", "numbers from 0 to 1 with commas between, to be tried in turn"],
  best_of: ["number", "a whole number from 1 to 64"],
  patience: ["number", "a number from 0.1 to 10"],
  length_penalty: ["number", "a number from -10 to 10"],
  repetition_penalty: ["number", "a number from 0.1 to 10"],
  no_repeat_ngram_size: ["number", "a whole number from 0 to 64"],
  compression_ratio_threshold: ["number", "a number above 0, or null"],
  log_prob_threshold: ["number", "a number, or null"],
  no_speech_threshold: ["number", "a number from 0 to 1, or null"],
  prompt_reset_on_temperature: ["number", "a number from 0 to 1"],
  suppress_blank: ["flag", "true or false"],
  suppress_tokens: ["numbers", "token ids with commas between, -1 for the model's own list"],
  max_initial_timestamp: ["number", "a number of seconds from 0 to 30"],
  prepend_punctuations: ["text", "up to 64 characters"],
  append_punctuations: ["text", "up to 64 characters"],
  hallucination_silence_threshold: ["number", "a number of seconds from 0, or null"],
  max_new_tokens: ["number", "a whole number from 1 to 448, or null"],
  chunk_length: ["number", "a whole number of seconds from 1 to 30, or null"],
  clip_timestamps: ["numbers", "seconds with commas between: start, end, start, end..."],
  profile: ["text", "one of default, fast, batched"],
  batch_size: ["number", "a whole number from 1 to 64"],
  deterministic: ["flag", "true or false"],
};

const decimal = z
  .string()
  .regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)
  .transform(Number);
const flag = z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0"] });

const readings: Readonly<Record<Reading, z.ZodType<unknown, string>>> = {
  text: z.string().transform((text) => text.toWellFormed()),
  number: decimal,
  flag,
  numbers: z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(decimal)),
};

/** Those of the fields that were sent. Throws HumError `bad_request` with the value and what would be right. */
export function parseEngineOptions(sent: Fields): Partial<JobOptions> {
  const given: Partial<JobOptions> = {};
  for (const [name, [reading, expected]] of Object.entries(fields) as [Name, [Reading, string]][]) {
    const value = lastOf(sent, name);
    if (value !== undefined) Object.assign(given, { [name]: parse(name, { value, reading, expected }) });
  }
  const vad = vadParameters(sent);
  if (vad !== undefined) given.vad_parameters = vad;
  return given;
}

function lastOf(sent: Fields, name: string): string | undefined {
  const value = sent.findLast(([key]) => key === name)?.[1];
  return value === "" ? undefined : value;
}

function parse(name: Name, asked: { value: string; reading: Reading; expected: string }): unknown {
  const { value, reading, expected } = asked;
  const schema = jobOptionsSchema.shape[name];
  // "null" is what Python's None becomes on its way here; text may well be that word.
  if (value === "null" && reading !== "text" && schema.safeParse(null).success) return null;
  const result = readings[reading].pipe(schema as z.ZodType<unknown>).safeParse(value);
  if (result.success) return result.data;
  throw new HumError("bad_request", `${name} is ${quote(value)}; it must be ${expected}`, { param: name });
}

const vadNames = Object.keys(defaultOptions.vad_parameters);
const vadShape = jobOptionsSchema.shape.vad_parameters;

/** As JSON in `vad_parameters`, or one by one as `vad_parameters[threshold]`; what is missing keeps its default. */
function vadParameters(sent: Fields): JobOptions["vad_parameters"] | undefined {
  const json = lastOf(sent, "vad_parameters");
  const single = sent.flatMap(([key, value]) => {
    const name = /^vad_parameters\[(\w+)\]$/.exec(key)?.[1];
    return name === undefined || value === ""
      ? []
      : [[name, Number.isNaN(Number(value)) ? value : Number(value)] as const];
  });
  if (json === undefined && single.length === 0) return undefined;
  const given = { ...(json === undefined ? {} : parseObject(json)), ...Object.fromEntries(single) };
  const unknown = Object.keys(given).find((name) => !vadNames.includes(name));
  if (unknown !== undefined) throw wrongVad(`${quote(unknown)} is none of them`);
  const result = vadShape.safeParse({ ...defaultOptions.vad_parameters, ...given });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw wrongVad(`${String(issue?.path[0])}: ${issue?.message}`);
}

function parseObject(json: string): Record<string, unknown> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(json));
  } catch {
    throw wrongVad(`${quote(json)} is no JSON object`);
  }
}

function wrongVad(why: string): HumError {
  const message = `vad_parameters takes an object with ${vadNames.join(", ")}; ${why}`;
  return new HumError("bad_request", message, { param: "vad_parameters" });
}
