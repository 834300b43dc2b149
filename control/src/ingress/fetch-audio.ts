/** Fetches a URL that somebody else chose: from the public internet only, whatever names, redirects or resolvers say. */
import type { LookupAddress } from "node:dns";
import { lookup as lookupName } from "node:dns/promises";
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { isIP, type LookupFunction } from "node:net";
import { HumError } from "../core/errors.ts";
import { isPublicAddress } from "./public-address.ts";

export interface Fetched {
  body: AsyncIterable<Uint8Array>;
  /** As the server says; null where it says nothing. */
  mediaType: string | null;
  /** Aborted where the body takes too long; its reason is a HumError. */
  signal: AbortSignal;
  /** Lets go of the connection; to be called in any case. */
  close(): void;
}

export interface FetchOptions {
  /** From the first look-up to the last byte. */
  timeoutMs: number;
  signal: AbortSignal;
  /** A connection or a server that is silent for so long is given up. */
  idleMs?: number;
  /** All addresses of a host's name. */
  resolve?: (host: string) => Promise<LookupAddress[]>;
  isPublic?: (address: string) => boolean;
}

interface Way extends Required<Pick<FetchOptions, "resolve" | "isPublic" | "idleMs">> {
  signal: AbortSignal;
}

const maxRedirects = 5;
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const passing: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

const resolveAll = (host: string) => lookupName(host, { all: true, verbatim: true });

/**
 * Rejects with HumError `bad_request` for what may not be fetched and for what a server refuses, `request_timeout` for
 * what takes too long. No message holds more of the URL than its host, since the rest may be a secret.
 */
export async function fetchAudio(url: string, options: FetchOptions): Promise<Fetched> {
  const ending = new AbortController();
  const leave = () => ending.abort(options.signal.reason);
  const timer = setTimeout(() => ending.abort(tooSlow(options.timeoutMs)), options.timeoutMs);
  if (options.signal.aborted) leave();
  else options.signal.addEventListener("abort", leave, { once: true });
  const { resolve = resolveAll, isPublic = isPublicAddress, idleMs = 30_000 } = options;
  const way: Way = { resolve, isPublic, idleMs, signal: ending.signal };
  let response: IncomingMessage | null = null;
  const close = () => {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", leave);
    response?.destroy();
  };
  try {
    response = await follow(new URL(url), way);
    const body = explained(response, { host: new URL(url).host, signal: ending.signal });
    return { body, mediaType: response.headers["content-type"] ?? null, signal: ending.signal, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Every step is judged as the first. */
async function follow(first: URL, way: Way): Promise<IncomingMessage> {
  let url = first;
  for (let step = 0; step <= maxRedirects; step += 1) {
    const response = await get(url, way);
    const { statusCode: status = 0, headers } = response;
    if (status === 200) return requirePlain(response, url);
    response.destroy();
    if (!redirects.has(status) || headers.location === undefined) {
      throw refusal(`${url.host} answered ${status}`, { retryable: passing.has(status) });
    }
    const next = URL.parse(headers.location, url);
    if (next === null) throw refusal(`${url.host} redirects to what is no URL`);
    url = next;
  }
  throw refusal(`${first.host} redirects more than ${maxRedirects} times`);
}

async function get(url: URL, way: Way): Promise<IncomingMessage> {
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refusal(`it leads to ${url.protocol}; only http: and https: are fetched`);
  }
  if (url.username !== "" || url.password !== "") throw refusal("it holds a user or a password, which is not sent on");
  const addresses = await addressesOf(url, way);
  const secure = url.protocol === "https:";
  // Of its own: no connection is shared, and no proxy of the environment asked, which would look up the name again.
  const agent = secure ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
  const request = (secure ? requestHttps : requestHttp)(url, {
    agent,
    signal: way.signal,
    timeout: way.idleMs,
    lookup: pinned(addresses),
    headers: {
      accept: "audio/*, video/*, application/octet-stream, */*;q=0.1",
      "accept-encoding": "identity",
      "user-agent": "hum-helix",
    },
  });
  const answered = Promise.withResolvers<IncomingMessage>();
  request.once("response", answered.resolve);
  // For good: a connection may break again after its answer.
  request.on("error", answered.reject);
  request.once("timeout", () => request.destroy(refusal(`${url.host} is silent`, { code: "request_timeout" })));
  guard(request, way);
  request.end();
  try {
    return await answered.promise;
  } catch (error) {
    throw broken(error, { host: url.host, signal: way.signal });
  }
}

/** Those that the name has now; none of them may be private, since any of them may be taken. */
async function addressesOf(url: URL, { resolve, isPublic, signal }: Way): Promise<LookupAddress[]> {
  signal.throwIfAborted();
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(host);
  const gone = Promise.withResolvers<never>();
  const leave = () => gone.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  const found = family === 0 ? resolve(host) : Promise.resolve([{ address: host, family }]);
  const addresses = await Promise.race([found, gone.promise])
    .catch((error: NodeJS.ErrnoException) => {
      signal.throwIfAborted();
      throw refusal(`${url.host} has no address (${error.code ?? "unknown reason"})`, { retryable: true });
    })
    .finally(() => signal.removeEventListener("abort", leave));
  if (addresses.length === 0) throw refusal(`${url.host} has no address`, { retryable: true });
  if (!addresses.every(({ address }) => isPublic(address))) {
    throw refusal(`${url.host} is not of the public internet, which is all that is fetched from`);
  }
  return addresses;
}

/** Whoever asks for the name again gets what was judged. */
function pinned(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all === true) callback(null, [...addresses]);
    else callback(null, first?.address ?? "", first?.family);
  };
}

/** The last look, at where the connection leads in truth. */
function guard(request: ClientRequest, { isPublic }: Way): void {
  request.once("socket", (socket) => {
    socket.once("connect", () => {
      if (!isPublic(socket.remoteAddress ?? "")) request.destroy(refusal("it leads into a private network"));
    });
  });
}

function requirePlain(response: IncomingMessage, url: URL): IncomingMessage {
  const encoding = response.headers["content-encoding"] ?? "identity";
  if (encoding.toLowerCase() === "identity") return response;
  response.destroy();
  throw refusal(`${url.host} sends it encoded, though it was not asked to`);
}

async function* explained(response: IncomingMessage, at: { host: string; signal: AbortSignal }) {
  try {
    for await (const chunk of response) yield chunk as Uint8Array;
  } catch (error) {
    throw broken(error, at);
  }
}

/** Ours, or the reason for which it was given up, or what the network says. */
function broken(error: unknown, { host, signal }: { host: string; signal: AbortSignal }): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof HumError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
  return refusal(`the connection to ${host} failed (${code})`, { retryable: true });
}

const tooSlow = (timeoutMs: number) =>
  refusal(`it did not arrive within ${timeoutMs / 1000} s`, { code: "request_timeout" });

function refusal(
  why: string,
  { code = "bad_request", retryable }: { code?: "bad_request" | "request_timeout"; retryable?: boolean } = {},
): HumError {
  const message = `audio.url could not be fetched: ${why}`;
  return new HumError(code, message, { param: "audio", ...(retryable === undefined ? {} : { retryable }) });
}
