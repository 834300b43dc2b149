/** A body of server-sent events: kept open by comments, and cut off where its client does not read. */
import type { HttpTiming } from "./deps.ts";

export interface EventStreamOptions {
  timing: Pick<HttpTiming, "heartbeatMs" | "unreadMs">;
  /** Ends the connection of a client that does not read. */
  cutOff: () => void;
  /** The client has left. */
  onLeft: () => void;
  /** Sends what there is; the stream ends when it resolves, and is broken off when it rejects. */
  follow(to: EventWriter): Promise<void>;
}

export interface EventWriter {
  send(text: string): void;
  /** Sends what may be lost, unless the client has much to read already. */
  offer(text: string): void;
  /** Resolves when the client has read what was sent, all but a little, or has left. */
  drained(): Promise<void>;
}

/** Of what may be lost. */
const maxUnread = 256;

const headers = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store",
  // nginx would hold the events back otherwise.
  "x-accel-buffering": "no",
  "transfer-encoding": "chunked",
};

export function eventStream(options: EventStreamOptions, moreHeaders: Record<string, string> = {}): Response {
  const { timing } = options;
  const encoder = new TextEncoder();
  let heartbeat: NodeJS.Timeout | undefined;
  let read = Promise.withResolvers<void>();
  let isGone = false;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      let unreadMs = 0;
      const hasRoom = () => (controller.desiredSize ?? 0) > 0;
      const send = (text: string) => {
        if (!isGone) controller.enqueue(encoder.encode(text));
      };
      const offer = (text: string) => {
        if ((controller.desiredSize ?? 0) > -maxUnread) send(text);
      };
      heartbeat = setInterval(() => {
        unreadMs = hasRoom() ? 0 : unreadMs + timing.heartbeatMs;
        if (hasRoom()) return send(": keep-alive\n\n");
        if (unreadMs < timing.unreadMs) return;
        clearInterval(heartbeat);
        options.cutOff();
      }, timing.heartbeatMs);
      const drained = async () => {
        while (!hasRoom() && !isGone) {
          read = Promise.withResolvers<void>();
          await read.promise;
        }
      };
      // Not awaited: `pull` and backpressure begin when start has ended.
      void options.follow({ send, offer, drained }).then(
        () => {
          clearInterval(heartbeat);
          if (!isGone) controller.close();
        },
        () => {
          clearInterval(heartbeat);
          if (!isGone) options.cutOff();
        },
      );
    },
    pull: () => read.resolve(),
    cancel() {
      clearInterval(heartbeat);
      isGone = true;
      read.resolve();
      options.onLeft();
    },
  });
  return new Response(body, { headers: { ...headers, ...moreHeaders } });
}
