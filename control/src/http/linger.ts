/**
 * Answers that come before the request's body has arrived. Closing a socket with unread input resets it, and the reset
 * may overtake the answer. So the answer is sent whole at once, and the connection is closed only when the client has
 * stopped sending, or has had time enough (as nginx's lingering_close, RFC 9112 section 9.6).
 */
import type { IncomingMessage } from "node:http";

export interface LingerLimits {
  totalMs: number;
  idleMs: number;
  maxBytes: number;
}

/** Whether the client may still be sending. */
export function awaitsBody(incoming: IncomingMessage): boolean {
  const { headers } = incoming;
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  return hasBody && !incoming.complete && !incoming.destroyed;
}

/** The same answer, whose end is held back until the client is done. `answer` must have a short body. */
export async function linger(answer: Response, incoming: IncomingMessage, limits: LingerLimits): Promise<Response> {
  const bytes = await answer.bytes();
  const headers = new Headers(answer.headers);
  headers.set("connection", "close");
  headers.set("content-length", String(bytes.byteLength));
  const discarding = new AbortController();
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(bytes);
      await discard(incoming, limits, discarding.signal);
      if (!discarding.signal.aborted) controller.close();
    },
    cancel: () => discarding.abort(),
  });
  return new Response(body, { status: answer.status, headers });
}

function discard(incoming: IncomingMessage, limits: LingerLimits, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let bytes = 0;
  const total = setTimeout(resolve, limits.totalMs);
  const idle = setTimeout(resolve, limits.idleMs);
  const count = (chunk: Buffer) => {
    idle.refresh();
    bytes += chunk.byteLength;
    if (bytes > limits.maxBytes) resolve();
  };
  const endings = ["end", "close", "error"] as const;
  for (const ending of endings) incoming.once(ending, resolve);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (incoming.readableEnded || incoming.destroyed || signal.aborted) resolve();
  incoming.on("data", count).resume();
  return promise.finally(() => {
    clearTimeout(total);
    clearTimeout(idle);
    incoming.off("data", count);
    for (const ending of endings) incoming.off(ending, resolve);
  });
}
