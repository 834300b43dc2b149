/** What a speech server answers, as an outcome: OpenAI's JSON with segments or without, plain text, or an error object. */
import { z } from "zod";
import { findLanguage } from "../../core/languages.ts";
import { readServerTiming } from "./server-timing.ts";
import type { Outcome, TrialFailure } from "./sut.ts";

export const segmentSchema = z.object({ start: z.number(), end: z.number(), text: z.string() });

const answerSchema = z.object({
  text: z.string(),
  language: z.string().nullish(),
  segments: z.array(segmentSchema).nullish(),
});

/** OpenAI's, FastAPI's, and what others make of them. */
const errorSchema = z.union([
  z.object({ error: z.object({ message: z.string(), code: z.union([z.string(), z.number()]).nullish() }) }),
  z.object({ error: z.string() }).transform(({ error }) => ({ error: { message: error, code: null } })),
  z.object({ detail: z.unknown() }).transform(({ detail }) => ({
    error: { message: typeof detail === "string" ? detail : JSON.stringify(detail), code: null },
  })),
]);

export function readAnswer(body: string, told: { contentType: string; serverTiming: string | undefined }): Outcome {
  const stages = readServerTiming(told.serverTiming);
  if (told.contentType.startsWith("text/plain")) {
    return { ok: true, answer: { text: body, language: null, segments: null, first_segment_s: null, stages } };
  }
  const read = answerSchema.safeParse(jsonOf(body));
  if (!read.success) return invalidAnswer(`no transcript: ${excerpt(body)}`);
  const { text, language, segments } = read.data;
  return {
    ok: true,
    answer: {
      text,
      language: language == null ? null : (findLanguage(language) ?? language),
      segments: segments ?? null,
      first_segment_s: null,
      stages,
    },
  };
}

/** Of any status but 200. */
export function failureOf(status: number, body: string): Outcome {
  const error = readError(jsonOf(body));
  const message = error?.message ?? `the answer had status ${status}: ${excerpt(body)}`;
  return failed({ status: "error", code: error?.code ?? `http_${status}`, message });
}

/** Null where it is no error object. */
export function readError(value: unknown): { code: string | null; message: string } | null {
  const read = errorSchema.safeParse(value);
  if (!read.success) return null;
  const { code, message } = read.data.error;
  return { code: code == null ? null : String(code), message };
}

export const invalidAnswer = (message: string): Outcome =>
  failed({ status: "invalid", code: "invalid_answer", message });
export const failed = (failure: TrialFailure): Outcome => ({ ok: false, failure });

/** Undefined where it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const excerpt = (body: string) => JSON.stringify(body.slice(0, 200));
