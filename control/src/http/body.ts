/** The request's body as it arrives, under limits on size, pace and time; written to a sink with backpressure. */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../core/clock.ts";
import { HumError } from "../core/errors.ts";

export interface BodyLimits {
  maxBytes: number;
  /** 0 for no least pace. */
  minBytesPerS: number;
  /** How long the client may fall behind the least pace; a silent one is given up after this long. */
  graceMs: number;
  /** For the whole body: a slow one would else hold its connection for days. */
  maxMs: number;
}

export interface BodyOptions {
  limits: BodyLimits;
  clock: Clock;
  /** Its reason, a HumError, ends the reading. */
  signal: AbortSignal;
  /** A returned promise pauses the client until it is resolved. */
  write: (chunk: Buffer) => Promise<unknown> | undefined;
}

/** Throws HumError `too_large`: what the client announces, before any of it has arrived. */
export function checkAnnounced(incoming: IncomingMessage, limits: BodyLimits): void {
  const announced = Number(incoming.headers["content-length"] ?? 0);
  if (announced > limits.maxBytes) throw tooLarge(`${announced} bytes`, limits);
}

/** Resolves at the body's end. Rejects with `too_large`, `request_timeout`, `cancelled` or the signal's reason. */
export function readBody(incoming: IncomingMessage, options: BodyOptions): Promise<void> {
  const { limits, clock, signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let received = 0;
  let settled = false;
  // Waiting spends credit and bytes earn it back, up to the grace: time that we take ourselves costs the client nothing.
  let creditMs = limits.graceMs;
  let waitingSinceMs = 0;
  let timer: NodeJS.Timeout | undefined;
  const end = setTimeout(() => reject(tooLong(received, limits)), limits.maxMs);

  function wait() {
    waitingSinceMs = clock.monotonicMs();
    if (limits.minBytesPerS > 0) timer = setTimeout(() => reject(tooSlow(received, limits)), creditMs);
  }
  function earn(bytes: number) {
    clearTimeout(timer);
    if (limits.minBytesPerS === 0) return;
    const spentMs = clock.monotonicMs() - waitingSinceMs;
    creditMs = Math.min(limits.graceMs, Math.max(0, creditMs - spentMs) + (bytes * 1000) / limits.minBytesPerS);
  }
  function take(chunk: Buffer) {
    earn(chunk.byteLength);
    received += chunk.byteLength;
    if (received > limits.maxBytes) return reject(tooLarge(`more than ${limits.maxBytes} bytes`, limits));
    let written: Promise<unknown> | undefined;
    try {
      written = options.write(chunk);
    } catch (error) {
      // Thrown in a listener it would end the process.
      return reject(error);
    }
    if (written === undefined) return wait();
    incoming.pause();
    written.then(() => {
      if (settled) return;
      wait();
      incoming.resume();
    }, reject);
  }
  const leave = () => reject(new HumError("cancelled", "the client left before its upload was complete"));
  const close = () => {
    if (!incoming.complete) leave();
  };
  const abort = () => reject(signal.reason);

  if (signal.aborted) abort();
  else if (incoming.destroyed && !incoming.complete) leave();
  else {
    signal.addEventListener("abort", abort, { once: true });
    incoming.on("data", take).once("end", resolve).once("error", leave).once("close", close);
    wait();
  }
  return promise.finally(() => {
    settled = true;
    clearTimeout(timer);
    clearTimeout(end);
    signal.removeEventListener("abort", abort);
    incoming.off("data", take).off("end", resolve).off("error", leave).off("close", close).pause();
    // What is reset later has been judged already.
    incoming.on("error", () => undefined);
  });
}

function tooLarge(size: string, limits: BodyLimits): HumError {
  return new HumError("too_large", `the body is ${size}; at most ${limits.maxBytes} bytes are accepted`);
}

function tooSlow(received: number, limits: BodyLimits): HumError {
  const message =
    `the body arrived too slowly: ${received} bytes, then slower than ${limits.minBytesPerS} bytes/s ` +
    `for more than ${limits.graceMs / 1000} s`;
  return new HumError("request_timeout", message);
}

function tooLong(received: number, limits: BodyLimits): HumError {
  const message =
    `the body did not arrive within ${limits.maxMs / 1000} s, the longest that one may take: ` +
    `${received} bytes came; send a smaller file, or over a faster link`;
  return new HumError("request_timeout", message);
}
