/** One file to a server and its transcript back: the upload streams from disk, and the text streams in as it is ready. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { createInterface } from "node:readline";
import { text as readText } from "node:stream/consumers";
import { z } from "zod";
import { invocation } from "../core/invocation.ts";

export interface SpeechRequest {
  url: string;
  apiKey: string | null;
  file: string;
  task: "transcribe" | "translate";
  /** Form fields of the API; an undefined one is not sent. */
  fields: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  onProgress?: (progress: SpeechProgress) => void;
}

export type SpeechProgress =
  | { step: "upload"; doneBytes: number; totalBytes: number }
  /** `text` is what came so far, `doneS` where in the audio it ends; `totalS` is null where the server did not tell. */
  | { step: "transcribe"; text: string; doneS: number; totalS: number | null };

/** OpenAI's error object, as the server sent it or as we say it where none answered. */
export interface SpeechFailure {
  message: string;
  type: string;
  code: string | null;
  param: string | null;
}

export type SpeechResult = { ok: true; body: string } | { ok: false; error: SpeechFailure };

const errorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string(),
    code: z.string().nullable(),
    param: z.string().nullable(),
  }),
});
const eventSchema = z.union([
  errorSchema,
  // Another OpenAI-compatible server may not tell where a delta ends.
  z.object({ type: z.literal("transcript.text.delta"), delta: z.string(), end: z.number().optional() }),
  z.object({ type: z.literal("transcript.text.done"), text: z.string() }),
]);

/** Rejects only when `signal` is aborted; whatever else goes wrong is the result of this file. */
export async function requestSpeech(request: SpeechRequest): Promise<SpeechResult> {
  request.signal.throwIfAborted();
  try {
    const facts = await stat(request.file);
    if (facts.isDirectory()) return failure("it is a directory; name the files in it");
    const response = await send(request, facts.size);
    request.onProgress?.({ ...nothingYet, totalS: durationOf(response) });
    if (response.headers["content-type"]?.startsWith("text/event-stream") === true) {
      return await followEvents(response, request);
    }
    const body = await readText(response);
    return response.statusCode === 200 ? { ok: true, body } : refusal(response.statusCode, body);
  } catch (error) {
    request.signal.throwIfAborted();
    return failure(explain(error, request));
  }
}

/** Resolves with the response's head, which may come before the upload is complete: a refusal does. */
async function send(request: SpeechRequest, totalBytes: number): Promise<IncomingMessage> {
  const operation = request.task === "translate" ? "translations" : "transcriptions";
  const url = new URL(`${request.url}/v1/audio/${operation}`);
  for (const [name, value] of Object.entries(request.fields)) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const start = url.protocol === "https:" ? requestHttps : requestHttp;
  const outgoing = start(url, {
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      "content-length": totalBytes,
      ...(request.apiKey === null ? {} : { authorization: `Bearer ${request.apiKey}` }),
    },
    // A connection of its own ends with the request, so that leaving early tells the server.
    agent: false,
    signal: request.signal,
  });
  outgoing.once("response", resolve);
  outgoing.on("error", reject);
  let doneBytes = 0;
  const file = createReadStream(request.file);
  file.on("data", (chunk) => {
    doneBytes += chunk.length;
    request.onProgress?.({ step: "upload", doneBytes, totalBytes });
  });
  file.once("error", (error) => outgoing.destroy(error));
  outgoing.once("finish", () => request.onProgress?.(nothingYet));
  outgoing.once("close", () => file.destroy());
  file.pipe(outgoing);
  return promise;
}

async function followEvents(response: IncomingMessage, request: SpeechRequest): Promise<SpeechResult> {
  const totalS = durationOf(response);
  let text = "";
  for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (!line.startsWith("data:")) continue;
    const data = line.slice("data:".length).trim();
    if (data === "[DONE]") break;
    const event = eventSchema.parse(JSON.parse(data));
    if ("error" in event) return { ok: false, error: event.error };
    if (event.type === "transcript.text.done") return { ok: true, body: `${event.text}\n` };
    text += event.delta;
    request.onProgress?.({ step: "transcribe", text, doneS: event.end ?? 0, totalS });
  }
  return failure("the server ended its answer before the transcript was complete");
}

export const nothingYet: Extract<SpeechProgress, { step: "transcribe" }> = {
  step: "transcribe",
  text: "",
  doneS: 0,
  totalS: null,
};

function durationOf(response: IncomingMessage): number | null {
  const header = response.headers["x-audio-duration"];
  return header === undefined ? null : Number(header);
}

function refusal(status: number | undefined, body: string): SpeechResult {
  try {
    return { ok: false, error: errorSchema.parse(JSON.parse(body)).error };
  } catch {
    return failure(`the server answered ${status} with ${JSON.stringify(body.slice(0, 200))}`);
  }
}

function explain(error: unknown, request: SpeechRequest): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EACCES" || code === "EPERM") return "it cannot be read: permission denied";
  if (code === "ECONNREFUSED" || code === "ENOTFOUND") {
    return `no server answers at ${request.url}; start one with: ${invocation()} serve`;
  }
  if (code === "ECONNRESET" || code === "EPIPE") return `the server at ${request.url} closed the connection`;
  // Node joins the errors of all addresses that it tried into one without a message.
  if (error instanceof AggregateError) return explain(error.errors[0], request);
  return error.message;
}

const failure = (message: string): SpeechResult => ({
  ok: false,
  error: { message, type: "client_error", code: null, param: null },
});
