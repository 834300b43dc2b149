/** One request for speech over HTTP and what came of it: multipart as OpenAI's clients send it, without any retry. */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { abandoned } from "./abandoned.ts";
import type { AudioFile } from "./audio.ts";
import { type FormField, multipartOf } from "./multipart.ts";
import { failureOf, readAnswer } from "./speech-answer.ts";
import { followSpeech } from "./speech-events.ts";
import type { Outcome } from "./sut.ts";

export interface SpeechClient {
  /** Rejects with the network's error where there is no answer, and as `abandoned` says. */
  ask(request: SpeechRequest): Promise<Outcome>;
  close(): void;
}

export interface SpeechRequest {
  task: "transcribe" | "translate";
  fields: readonly FormField[];
  file: AudioFile;
  signal: AbortSignal;
}

/**
 * An idle connection is closed before a server does it: many give it 5 s, and would reset the request that is just on its
 * way. Connections are as many as requests at a time.
 */
const idleMs = 3_000;

/**
 * `base` ends with /v1. All that can be had before a request is made here: what the client takes of the processor, the
 * SUT on the same machine does not get.
 */
export function createSpeechClient(base: string, options: { apiKey: string | null }): SpeechClient {
  const isTls = base.startsWith("https:");
  const agent = isTls
    ? new HttpsAgent({ keepAlive: true, timeout: idleMs })
    : new HttpAgent({ keepAlive: true, timeout: idleMs });
  const start = isTls ? requestHttps : requestHttp;
  const authorization = options.apiKey === null ? {} : { authorization: `Bearer ${options.apiKey}` };
  const routes = {
    transcribe: routeOf(`${base}/audio/transcriptions`),
    translate: routeOf(`${base}/audio/translations`),
  };

  async function send({ task, fields, file, signal }: SpeechRequest): Promise<IncomingMessage> {
    const { contentType, bytes, parts } = multipartOf(fields, file);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const headers = { "content-type": contentType, "content-length": bytes, ...authorization };
    const outgoing = start({ ...routes[task], method: "POST", headers, agent });
    outgoing.once("response", resolve);
    // A refusal may come before all was sent, and the connection end with it: then the answer counts.
    outgoing.on("error", reject);
    // By hand: with the option `signal` Node watches every stream of the request.
    const leave = () => outgoing.destroy(new Error("left"));
    signal.addEventListener("abort", leave, { once: true });
    outgoing.once("close", () => signal.removeEventListener("abort", leave));
    outgoing.cork();
    for (const part of parts) outgoing.write(part);
    outgoing.end();
    outgoing.uncork();
    return promise;
  }

  return {
    async ask(request) {
      const askedMs = performance.now();
      try {
        request.signal.throwIfAborted();
        const response = await send(request);
        if (response.statusCode !== 200) return failureOf(response.statusCode ?? 0, await bodyOf(response));
        const contentType = response.headers["content-type"] ?? "";
        if (contentType.startsWith("text/event-stream")) return await followSpeech(response, { askedMs });
        const body = await bodyOf(response);
        return readAnswer(body, { contentType, serverTiming: headerOf(response, "server-timing") });
      } catch (error) {
        if (request.signal.aborted) return abandoned(request.signal);
        throw error;
      }
    },
    close: () => agent.destroy(),
  };
}

function routeOf(url: string) {
  const { hostname, port, pathname } = new URL(url);
  // Node wants the address in brackets without them.
  return { hostname: hostname.replace(/^\[(.*)\]$/, "$1"), port, path: pathname };
}

/** Rejects where the connection breaks before its end. */
async function bodyOf(response: IncomingMessage): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk));
  response.once("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
  response.once("error", reject);
  return promise;
}

function headerOf(response: IncomingMessage, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}
