/** The socket side: a Node server in front of a fetch function, whose own refusals have the API's error shape too. */
import { randomUUIDv7 } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { getRequestListener, RequestError } from "@hono/node-server";
import { HumError } from "../core/errors.ts";
import type { HttpEnv } from "./deps.ts";
import { failureBody, failureResponse } from "./failure.ts";

type Fetch = (request: Request, env: HttpEnv["Bindings"]) => Response | Promise<Response>;

/**
 * How long an idle connection stays, in milliseconds. Who closes it at the moment when the next request is on its way resets
 * that request; so let it be the client, or the proxy before us, most of which give up after 60 s at the latest.
 */
const keepAliveTimeout = 65_000;

export function createListener(fetch: Fetch): Server {
  const answering = new WeakMap<object, ServerResponse>();
  const listener = getRequestListener((request, env) => fetch(request, env as HttpEnv["Bindings"]), {
    overrideGlobalObjects: false,
    // We read bodies ourselves, and linger.ts sees to those that nobody reads.
    autoCleanupIncoming: false,
    // What never reached the router, whose own handler lets nothing through.
    errorHandler: (thrown) => {
      const isRefused = thrown instanceof RequestError;
      const error = isRefused
        ? new HumError("bad_request", "the request's path or Host header is malformed")
        : new HumError("internal", "this server failed unexpectedly");
      const answer = failureResponse(error);
      answer.headers.set("x-request-id", randomUUIDv7());
      return answer;
    },
  });
  const onRequest = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    answering.set(incoming.socket, outgoing);
    void listener(incoming, outgoing);
  };
  // Bodies have limits of their own, see body.ts.
  const server = createServer({ requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout }, onRequest);
  // The upload says "continue" once it means to read the body.
  server.on("checkContinue", onRequest);
  // Unheard, Node would answer without a body or a request id; the router refuses it as it refuses all else.
  server.on("checkExpectation", onRequest);
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    const answer = answering.get(socket);
    const isAnswering = answer?.headersSent === true && !answer.writableFinished;
    if (socket.writable && !isAnswering && error.code !== "ECONNRESET") socket.write(refusal(error.code));
    socket.destroySoon();
  });
  return server;
}

/** What is no HTTP has no request that the router could answer. */
function refusal(code: string | undefined): string {
  const [status, error] = judge(code);
  const body = JSON.stringify(failureBody(error));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${randomUUIDv7()}`,
    "x-content-type-options: nosniff",
    "connection: close",
    "",
    body,
  ].join("\r\n");
}

function judge(code: string | undefined): [status: number, error: HumError] {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return [408, new HumError("request_timeout", "the request's headers did not arrive within 30 s")];
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return [431, new HumError("bad_request", "the request's headers are larger than 16 KiB, the most accepted")];
  }
  return [400, new HumError("bad_request", `the request is no valid HTTP (${code ?? "unknown"})`)];
}
