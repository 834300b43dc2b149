/** The border for option fields: text as it was sent becomes a typed request, or a 400 that says what would be right. */
import { z } from "zod";
import { HumError } from "../core/errors.ts";
import { commonLanguageCodes, findLanguage } from "../core/languages.ts";
import type { Catalogue, ModelEntry } from "../core/model.ts";
import { checkLanguage, checkTask } from "../core/model-abilities.ts";
import { defaultOptions, type JobOptions, jobOptionsSchema } from "../core/options.ts";
import { quote } from "../core/quote.ts";
import type { Fields } from "../jobs/raw.ts";
import { parseEngineOptions } from "./engine-options.ts";

export const responseFormats = ["json", "text", "srt", "vtt", "verbose_json"] as const;
export type ResponseFormat = (typeof responseFormats)[number];

const granularities = ["segment", "word"] as const;

/** What one request asks for: the job's options, and how its transcript is to be shown. */
export interface SpeechRequest {
  model: ModelEntry;
  options: JobOptions;
  format: ResponseFormat;
  stream: boolean;
  /** What verbose_json shows beside the text. */
  show: { segments: boolean; words: boolean };
}

const decimal = z.string().regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i);
const flag = z.stringbool({ truthy: ["true", "1"], falsy: ["false", "0"] });

/** Every field we know, with what is right for it as an error message says it. */
const known = {
  model: field(z.string(), "the name of a model"),
  language: field(
    z.string().transform(findLanguage).pipe(z.string()),
    `an English language name or one of the codes ${commonLanguageCodes.join(" ")}`,
  ),
  prompt: field(z.string(), "text"),
  /** faster-whisper's name for it. */
  initial_prompt: field(z.string(), "text"),
  hotwords: field(z.string(), "text"),
  response_format: field(z.enum(responseFormats), `one of ${responseFormats.join(", ")}`),
  temperature: field(
    z
      .string()
      .transform((text) => text.split(",").map((part) => part.trim()))
      .pipe(z.array(decimal.transform(Number)).pipe(jobOptionsSchema.shape.temperatures).refine(isRising)),
    "a number from 0 to 1, or several that rise with commas between, to be tried in turn",
  ),
  stream: field(flag, "true or false"),
  beam_size: field(
    z.string().regex(/^\d+$/).transform(Number).pipe(jobOptionsSchema.shape.beam_size),
    "a whole number from 1 to 64",
  ),
  word_timestamps: field(flag, "true or false"),
  without_timestamps: field(flag, "true or false"),
  condition_on_previous_text: field(flag, "true or false"),
  vad_filter: field(flag, "true or false"),
  speech_gate: field(flag, "true or false"),
};
const granularityField = field(z.enum(granularities), `one of ${granularities.join(", ")}`);

/** Also tells a list from a decimal comma. */
function isRising(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number > (numbers[index - 1] ?? 0));
}

interface Field<T> {
  schema: z.ZodType<T, string>;
  expected: string;
}

function field<T>(schema: z.ZodType<T, string>, expected: string): Field<T> {
  return { schema, expected };
}

type Known = { [K in keyof typeof known]?: z.infer<(typeof known)[K]["schema"]> };

/** Throws HumError `bad_request` or `model_unknown`. Unknown fields are ignored; an empty field counts as absent. */
export function parseSpeechRequest(
  fields: Fields,
  context: { task: JobOptions["task"]; catalogue: Catalogue },
): SpeechRequest {
  const { task } = context;
  const given: Known = {};
  for (const name of Object.keys(known) as (keyof typeof known)[]) {
    const value = single(fields, name);
    if (value !== undefined) Object.assign(given, { [name]: parse<unknown>(known[name], { name, value }) });
  }
  const asked = all(fields, "timestamp_granularities").map((value) =>
    parse(granularityField, { name: "timestamp_granularities", value }),
  );
  const format = given.response_format ?? "json";
  const stream = given.stream ?? false;
  checkTogether({ format, stream, asked });
  const model = context.catalogue.resolve(given.model);
  const words = asked.includes("word") || (given.word_timestamps ?? false);
  const engineOptions = parseEngineOptions(fields);
  return {
    model,
    format,
    stream,
    show: { segments: asked.length === 0 || asked.includes("segment"), words },
    options: {
      ...defaultOptions,
      ...engineOptions,
      task: checkTask(task, model),
      language: checkLanguage(given.language, model),
      initial_prompt: (given.prompt ?? given.initial_prompt)?.toWellFormed() ?? defaultOptions.initial_prompt,
      hotwords: given.hotwords?.toWellFormed() ?? defaultOptions.hotwords,
      temperatures: engineOptions.temperatures ?? temperaturesOf(given.temperature),
      beam_size: given.beam_size ?? defaultOptions.beam_size,
      word_timestamps: words,
      without_timestamps: given.without_timestamps ?? defaultOptions.without_timestamps,
      condition_on_previous_text: given.condition_on_previous_text ?? defaultOptions.condition_on_previous_text,
      vad_filter: given.vad_filter ?? defaultOptions.vad_filter,
      speech_gate: given.speech_gate ?? defaultOptions.speech_gate,
    },
  };
}

/** As with OpenAI 0 lets the engine raise it where a window does not decode well; `temperatures` means what it says. */
const temperaturesOf = (given: number[] | undefined): number[] =>
  given === undefined || (given.length === 1 && given[0] === 0) ? defaultOptions.temperatures : given;

/** Values under `name`, also written `name[]` or `name[0]`, as the official clients do. */
function all(fields: Fields, name: string): string[] {
  const written = new RegExp(`^${name}(\\[\\d*\\])?$`);
  return fields.filter(([key, value]) => written.test(key) && value !== "").map(([, value]) => value);
}

function single(fields: Fields, name: string): string | undefined {
  const values = fields.filter(([key]) => key === name);
  if (values.length > 1) throw wrong(name, `${name} was sent ${values.length} times; send it once`);
  const value = values[0]?.[1];
  return value === "" ? undefined : value;
}

function parse<T>(known: Field<T>, sent: { name: string; value: string }): T {
  const result = known.schema.safeParse(sent.value);
  if (result.success) return result.data;
  throw wrong(sent.name, `${sent.name} is ${quote(sent.value)}; it must be ${known.expected}`);
}

function checkTogether(asked: { format: ResponseFormat; stream: boolean; asked: string[] }): void {
  const { format, stream } = asked;
  if (asked.asked.length > 0 && format !== "verbose_json") {
    const message = `timestamp_granularities needs response_format verbose_json, but that is ${quote(format)}`;
    throw wrong("timestamp_granularities", message);
  }
  if (stream && format !== "json" && format !== "text") {
    throw wrong("stream", `stream needs response_format json or text, but that is ${quote(format)}`);
  }
}

const wrong = (param: string, message: string) => new HumError("bad_request", message, { param });
