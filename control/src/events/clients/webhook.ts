/** One receiver of webhooks: signs and posts messages, one request each; the only importer of standardwebhooks. */
import { Agent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as AgentTls, request as requestHttps } from "node:https";
import { Webhook } from "standardwebhooks";

export interface WebhookTarget {
  url: string;
  /** `whsec_` and base64; null sends without a signature. */
  secret: string | null;
  /** Sent with every request; what the protocol itself needs cannot be replaced by them. */
  headers: Readonly<Record<string, string>>;
  userAgent: string;
  /** For one request from its beginning to the end of the answer. */
  timeoutMs: number;
}

export interface WebhookClient {
  /**
   * Posts one message and resolves with whatever was answered, redirects too: they are not followed. Rejects where no
   * answer came, in words that hold neither the URL nor a header.
   */
  post(message: { id: string; body: string }): Promise<Answer>;
  /** Cuts every request that is under way. */
  close(): void;
}

export interface Answer {
  status: number;
  /** What `Retry-After` asks for, from now; null where it asks for nothing that can be understood. */
  retryAfterMs: number | null;
}

/** Only the status counts; more of an answer than this is not worth keeping the connection for. */
const maxAnswerBytes = 64 * 1024;

export function createWebhookClient(target: WebhookTarget): WebhookClient {
  const { timeoutMs } = target;
  const url = new URL(target.url);
  const signer = target.secret === null ? null : new Webhook(target.secret);
  const secure = url.protocol === "https:";
  const agent = secure ? new AgentTls({ keepAlive: true }) : new Agent({ keepAlive: true });
  const send = secure ? requestHttps : requestHttp;
  const ending = new AbortController();

  function headersFor(id: string, body: string) {
    const sentAt = new Date();
    return {
      ...target.headers,
      "user-agent": target.userAgent,
      "content-type": "application/cloudevents+json; charset=utf-8",
      "content-length": Buffer.byteLength(body),
      "webhook-id": id,
      "webhook-timestamp": Math.floor(sentAt.getTime() / 1000),
      ...(signer === null ? {} : { "webhook-signature": signer.sign(id, sentAt, body) }),
    };
  }

  async function attempt(id: string, body: string): Promise<Answer> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = AbortSignal.any([timeout, ending.signal]);
    const answered = Promise.withResolvers<IncomingMessage>();
    const request = send(url, { method: "POST", agent, signal, headers: headersFor(id, body) });
    request.once("response", answered.resolve);
    // For good: a connection may break again after its answer.
    request.on("error", answered.reject);
    request.end(body);
    try {
      const response = await answered.promise;
      await drain(response);
      return { status: response.statusCode ?? 0, retryAfterMs: retryAfterMs(response.headers["retry-after"]) };
    } catch (error) {
      if (timeout.aborted) throw new Error(`the receiver gave no answer in ${timeoutMs / 1000} s`, { cause: error });
      if (ending.signal.aborted) throw new Error("the webhook was closed", { cause: error });
      // The receiver closed a connection that had been idle just as we took it up again: nothing was heard of it.
      if (request.reusedSocket && codeOf(error) === "ECONNRESET") return attempt(id, body);
      throw new Error(`the receiver cannot be reached: ${reasonOf(error)}`, { cause: error });
    }
  }

  return {
    post: ({ id, body }) => attempt(id, body),
    close() {
      ending.abort();
      agent.destroy();
    },
  };
}

/** Never rejects: the status has come, and that is the answer. */
async function drain(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > maxAnswerBytes) return;
    }
  } catch {
    // A body that breaks off, or never ends, takes nothing back.
  }
}

/** Seconds, or a date. */
function retryAfterMs(value: string | undefined): number | null {
  if (value === undefined) return null;
  const waitMs = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(waitMs) ? Math.max(0, waitMs) : null;
}

const codeOf = (error: unknown) => (error instanceof Error && "code" in error ? String(error.code) : null);

/** A system call's, a resolver's or TLS's own words: of what was configured they name the host at most. */
function reasonOf(error: unknown): string {
  // Where a host has several addresses, each failed in its own way, and the error that holds them says nothing.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error && first.message !== "" ? first.message : String(codeOf(error));
}
