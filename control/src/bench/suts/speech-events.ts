/** A transcript that comes as server-sent events: OpenAI's deltas, or whole segments as other servers send them. */
import type { Readable } from "node:stream";
import { z } from "zod";
import { failed, invalidAnswer, jsonOf, readError } from "./speech-answer.ts";
import type { Outcome } from "./sut.ts";

const eventSchema = z.union([
  z.object({ type: z.literal("transcript.text.delta"), delta: z.string() }),
  z.object({ type: z.literal("transcript.text.done"), text: z.string() }),
  z.object({ type: z.undefined().optional(), text: z.string() }),
]);

/** `askedMs` is when the request began, on the monotonic clock. Rejects where the connection breaks. */
export async function followSpeech(stream: Readable, { askedMs }: { askedMs: number }): Promise<Outcome> {
  let firstS: number | null = null;
  let heard = "";
  let whole: string | null = null;
  for await (const line of linesOf(stream)) {
    if (!line.startsWith("data:")) continue;
    const data = line.slice("data:".length).trim();
    if (data === "[DONE]") break;
    const value = jsonOf(data);
    const error = readError(value);
    if (error !== null) return failed({ status: "error", code: error.code ?? "stream_error", message: error.message });
    const event = eventSchema.safeParse(value);
    // Events of other kinds tell of what is not measured here.
    if (!event.success) continue;
    if (event.data.type === "transcript.text.done") {
      whole = event.data.text;
      continue;
    }
    const piece = event.data.type === undefined ? apart(heard, event.data.text) : event.data.delta;
    if (piece !== "") firstS ??= (performance.now() - askedMs) / 1000;
    heard += piece;
  }
  // A server that sends whole segments says nothing at the end.
  const text = whole ?? heard;
  if (whole === null && heard === "") return invalidAnswer("the stream of events ended without any text");
  return { ok: true, answer: { text, language: null, segments: null, first_segment_s: firstS, stages: {} } };
}

/** Unlike readline it tells when the connection breaks. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk as Buffer, { stream: true })).split(/\r?\n/);
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}

/** Segments may come trimmed. */
const apart = (before: string, piece: string) =>
  before === "" || piece === "" || /\s$/.test(before) || /^\s/.test(piece) ? piece : ` ${piece}`;
