/** A receiver of webhooks as others write them: it checks every signature with the library's own verify, and can misbehave. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export interface ReceivedRequest {
  id: string;
  body: string;
  headers: IncomingHttpHeaders;
  /** The partition key, from the event. */
  key: string;
}

export type Answer =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** Takes the request, and says nothing until the connection ends. */
  | "hang"
  /** Takes the request, and cuts the connection. */
  | "cut";

export interface Receiver {
  readonly port: number;
  readonly url: string;
  /** Every request with a valid signature, in order of arrival. */
  readonly requests: readonly ReceivedRequest[];
  /** Those of them that were answered by 2xx. */
  readonly taken: readonly ReceivedRequest[];
  /** Requests whose signature was wrong or missing. */
  readonly forged: number;
  /** Most requests that were under way at a time. */
  readonly peak: number;
  /** Whether two requests of one key were ever under way at a time. */
  readonly overlapped: boolean;
  /** How the next requests are answered: 204 in the beginning. */
  answer(how: (request: ReceivedRequest) => Answer | Promise<Answer>): void;
  /** Listens, always on the same port. */
  start(): Promise<void>;
  /** Cuts every connection and stops listening. */
  kill(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

/** Starts nothing yet, but has a port that nobody else will get meanwhile, or so it may be hoped. */
export async function createReceiver(options: { secret: string | null }): Promise<Receiver> {
  const verifier = options.secret === null ? null : new Webhook(options.secret);
  const requests: ReceivedRequest[] = [];
  const taken: ReceivedRequest[] = [];
  const underWay: ReceivedRequest[] = [];
  let how: (request: ReceivedRequest) => Answer | Promise<Answer> = () => ({ status: 204 });
  let thawed = Promise.withResolvers<void>();
  thawed.resolve();
  let forged = 0;
  let peak = 0;
  let overlapped = false;
  let server = createServer();

  async function handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await message.toArray()).join("");
    await thawed.promise;
    const { headers } = message;
    try {
      verifier?.verify(body, headers as Record<string, string>);
    } catch {
      forged += 1;
      response.writeHead(401).end();
      return;
    }
    const { partitionkey } = JSON.parse(body) as { partitionkey: string };
    const request = { id: String(headers["webhook-id"]), body, headers, key: partitionkey };
    requests.push(request);
    overlapped ||= underWay.some(({ key }) => key === request.key);
    underWay.push(request);
    peak = Math.max(peak, underWay.length);
    const answer = await how(request);
    underWay.splice(underWay.indexOf(request), 1);
    if (answer === "cut") message.socket.destroy();
    if (typeof answer === "string") return;
    if (answer.status >= 200 && answer.status < 300) taken.push(request);
    response.writeHead(answer.status, answer.headers).end(answer.body);
  }

  async function start(port: number): Promise<void> {
    // A client that was killed, or gave up, is no error of ours.
    server = createServer((message, response) => void handle(message, response).catch(() => message.socket.destroy()));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", resolve);
    });
  }

  async function kill(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  await start(0);
  const { port } = server.address() as AddressInfo;
  await kill();

  return {
    port,
    url: `http://127.0.0.1:${port}/hook`,
    requests,
    taken,
    get forged() {
      return forged;
    },
    get peak() {
      return peak;
    },
    get overlapped() {
      return overlapped;
    },
    answer(next) {
      how = next;
    },
    start: () => start(port),
    kill,
    freeze() {
      thawed = Promise.withResolvers<void>();
    },
    thaw: () => thawed.resolve(),
  };
}
