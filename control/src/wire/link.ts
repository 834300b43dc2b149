/** The ROUTER socket that every sidecar connects to: the only importer of zeromq. Frames in, messages out, by identity. */
import { Router } from "zeromq";
import { z } from "zod";
import { HumError } from "../core/errors.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";
import { type FromSidecar, maxPayloadBytes, type ToSidecar, toSidecarSchema } from "./messages.ts";

export type Received =
  | { ok: true; message: FromSidecar; payload: Uint8Array | null }
  | { ok: false; reason: "unpack" | "type" | "field" | "framing"; detail: string };

export interface Link {
  readonly endpoint: string;
  /** Rejects at once with `sidecar_lost` where the peer is gone or its queue is full. Never reuse `payload` afterwards. */
  send(identity: string, message: ToSidecar, payload?: Uint8Array): Promise<void>;
  /** Everything that comes from this identity; the function that is returned detaches. */
  attach(identity: string, receive: (received: Received) => void): () => void;
  close(): Promise<void>;
}

export interface LinkOptions {
  /** Path of the ipc socket, in a directory of mode 0700. */
  socketPath: string;
  /** A frame from an identity that nobody is attached to: a predecessor's last words. */
  onStray?: (identity: string) => void;
  /** A receiver threw: a fault of ours. */
  onFault?: (identity: string, error: unknown) => void;
}

/** The kernel's limit on a unix socket's path, less the terminating zero. */
const maxSocketPathBytes = 107;

/** Far above any header, so that only a runaway peer is cut off by it. */
const maxFrameBytes = 16 * maxPayloadBytes;

export async function openLink(options: LinkOptions): Promise<Link> {
  const pathBytes = Buffer.byteLength(options.socketPath);
  if (pathBytes > maxSocketPathBytes) {
    throw new HumError(
      "internal",
      `the socket path ${options.socketPath} has ${pathBytes} bytes; the system allows ${maxSocketPathBytes}: set TMPDIR to a shorter directory`,
    );
  }
  const endpoint = `ipc://${options.socketPath}`;
  const router = new Router({
    mandatory: true,
    sendTimeout: 0,
    sendHighWaterMark: 64,
    receiveHighWaterMark: 1000,
    linger: 0,
    maxMessageSize: maxFrameBytes,
  });
  await router.bind(endpoint);
  const receivers = new Map<string, (received: Received) => void>();

  const receiving = (async () => {
    for await (const [identity, header, ...rest] of router) {
      const name = String(identity);
      const receive = receivers.get(name);
      if (receive === undefined) options.onStray?.(name);
      else deliver(receive, { identity: name, received: readFrames(header, rest) });
    }
  })();

  /** A receiver that throws must not end the reading for all others. */
  function deliver(
    receive: (received: Received) => void,
    { identity, received }: { identity: string; received: Received },
  ) {
    try {
      receive(received);
    } catch (error) {
      options.onFault?.(identity, error);
    }
  }

  return {
    endpoint,
    async send(identity, message, payload) {
      if (payload !== undefined && payload.byteLength > maxPayloadBytes) {
        throw new HumError(
          "internal",
          `a payload of ${payload.byteLength} bytes; at most ${maxPayloadBytes} travel in a frame`,
        );
      }
      const checked = toSidecarSchema.safeParse(message);
      if (!checked.success) {
        throw new HumError(
          "internal",
          `a ${message.type} that no sidecar would read: ${z.prettifyError(checked.error)}`,
        );
      }
      const header = encodeMessage(checked.data);
      try {
        await router.send(payload === undefined ? [identity, header] : [identity, header, payload]);
      } catch (cause) {
        throw new HumError("sidecar_lost", `${identity} takes no ${message.type}: ${String(cause)}`, { cause });
      }
    },
    attach(identity, receive) {
      receivers.set(identity, receive);
      return () => receivers.delete(identity);
    },
    async close() {
      receivers.clear();
      router.close();
      await receiving.catch(() => undefined);
    },
  };
}

function readFrames(header: Buffer | undefined, rest: Buffer[]): Received {
  if (header === undefined || rest.length > 1) {
    return {
      ok: false,
      reason: "framing",
      detail: `${rest.length + 1} frames; a message has a header and at most one payload`,
    };
  }
  const decoded = decodeMessage(header);
  return decoded.ok ? { ok: true, message: decoded.message, payload: rest[0] ?? null } : decoded;
}
