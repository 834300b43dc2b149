/** The HTTP server's life: it starts listening, and stops by letting accepted requests finish. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { HumError } from "../core/errors.ts";
import { toError } from "../core/to-error.ts";
import type { HttpDeps } from "./deps.ts";
import { createListener } from "./listen.ts";
import { createRejoin } from "./rejoin.ts";
import { createRouter } from "./router.ts";

export interface HttpAddress {
  host: string;
  port: number;
  url: string;
}

export interface HttpServer {
  /** Rejects with a HumError where the address cannot be had. */
  start(): Promise<HttpAddress>;
  /** Takes no new connections, after a moment; after `graceMs` the requests that are left are cut off. */
  stop(graceMs: number): Promise<void>;
}

const lastCallMs = 200;

export function createHttpServer(parts: Omit<HttpDeps, "rejoin" | "stopping">): HttpServer {
  const ending = new AbortController();
  const deps: HttpDeps = { ...parts, rejoin: createRejoin(), stopping: ending.signal };
  const { host, port } = deps.config.http;
  const router = createRouter(deps);
  const server = createListener((request, env) => router.fetch(request, env));
  let stopping = false;
  const watch = (_: IncomingMessage, outgoing: ServerResponse) => {
    if (stopping) outgoing.shouldKeepAlive = false;
    // A connection that was kept alive for this request is idle after it, and nobody else would close it.
    outgoing.once("close", () => {
      if (stopping) setImmediate(() => server.closeIdleConnections());
    });
  };
  for (const kind of ["request", "checkContinue", "checkExpectation"]) server.prependListener(kind, watch);

  return {
    async start() {
      server.listen({ host, port });
      try {
        await once(server, "listening");
      } catch (error) {
        const reason = toError(error).message;
        const message = `cannot listen on ${host}:${port} (${reason}); set http.host and http.port to a free address`;
        throw new HumError("internal", message, { cause: error });
      }
      // A listening TCP server's address is never a string or null.
      const address = server.address() as AddressInfo;
      return { host, port: address.port, url: `http://${reachable(address)}:${address.port}` };
    },
    async stop(graceMs) {
      if (!server.listening) return;
      stopping = true;
      ending.abort();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      // What had connected before the stop is still let in, to be told where it stands: to close at once would reset it.
      await delay(lastCallMs);
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
      clearTimeout(timer);
    },
  };
}

/** The address as a client on this machine writes it; a wildcard is no address to connect to. */
function reachable({ address, family }: AddressInfo): string {
  if (address === "0.0.0.0" || address === "::") return "127.0.0.1";
  return family === "IPv6" ? `[${address}]` : address;
}
