import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { HumError } from "../../src/core/errors.ts";
import { type FetchOptions, fetchAudio } from "../../src/ingress/fetch-audio.ts";

const never = new AbortController().signal;
const base: FetchOptions = { timeoutMs: 5_000, signal: never };

/** A server on loopback; each request's host and path are kept. */
async function serve(listener: RequestListener) {
  const seen: { host: string; path: string; headers: Record<string, unknown> }[] = [];
  const server = createServer((request, response) => {
    seen.push({ host: request.headers.host ?? "", path: request.url ?? "", headers: request.headers });
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, seen };
}

/** Names ending in .test are at loopback, which counts as public here: else nothing of a test could be fetched. */
const lenient: FetchOptions = {
  ...base,
  resolve: async () => [{ address: "127.0.0.1", family: 4 }],
  isPublic: (address) => address === "127.0.0.1",
};

async function fetchAll(url: string, options: FetchOptions) {
  const fetched = await fetchAudio(url, options);
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of fetched.body) chunks.push(chunk);
    return { text: Buffer.concat(chunks).toString(), mediaType: fetched.mediaType };
  } finally {
    fetched.close();
  }
}

async function failureOf(url: string, options: FetchOptions): Promise<HumError> {
  const thrown = await fetchAll(url, options).then(
    () => new Error("it was fetched"),
    (error: unknown) => error,
  );
  if (thrown instanceof HumError) return thrown;
  throw thrown;
}

/** What reaches no server: each is refused before a connection is made, whatever the port. */
const spellings = [
  "http://127.0.0.1/",
  "http://127.1/",
  "http://127.0.1/",
  "http://2130706433/",
  "http://0x7f000001/",
  "http://0x7f.0.0.1/",
  "http://0x7f.1/",
  "http://017700000001/",
  "http://0177.0.0.1/",
  "http://0177.0x0.0.0x1/",
  "http://127.0.0.1./",
  "http://127.0.0.1:80/",
  "http://127%2e0%2e0%2e1/",
  "http://127。0。0。1/",
  "http://①②⑦.⓪.⓪.①/",
  "http://0/",
  "http://0.0.0.0/",
  "http://localhost/",
  "http://LOCALHOST/",
  "http://localhost./",
  "http://[::1]/",
  "http://[::]/",
  "http://[0:0:0:0:0:0:0:1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:7f00:1]/",
  "http://[::127.0.0.1]/",
  "http://[64:ff9b::127.0.0.1]/",
  "http://[2002:7f00:1::]/",
  "http://[fe80::1]/",
  "http://[fd00::1]/",
  "http://[ff02::1]/",
  "http://10.0.0.1/",
  "http://172.16.0.1/",
  "http://192.168.0.1/",
  "http://192.168.1/",
  "http://3232235777/",
  "http://169.254.169.254/latest/meta-data/",
  "http://0xa9fea9fe/",
  "http://2852039166/",
  "http://100.64.0.1/",
  "http://198.18.0.1/",
  "http://224.0.0.1/",
  "http://255.255.255.255/",
];

test.each(spellings)("%s is refused", async (url) => {
  expect(await failureOf(url, base)).toMatchObject({
    code: "bad_request",
    message: expect.stringMatching(/not of the public internet|has no address/),
  });
});

test.each([
  ["ftp://example.org/a.wav", /ftp:/],
  ["file:///etc/passwd", /file:/],
  ["gopher://127.0.0.1/", /gopher:/],
  ["http://user:secret@example.org/a.wav", /user or a password/],
])("%s is refused", async (url, message) => {
  const error = await failureOf(url, lenient);
  expect(error).toMatchObject({ code: "bad_request", message: expect.stringMatching(message) });
  expect(error.message).not.toContain("secret");
});

test("a name with one private address among public ones is refused", async () => {
  const resolve = async () => [
    { address: "93.184.216.34", family: 4 },
    { address: "10.0.0.7", family: 4 },
  ];
  expect(await failureOf("http://mixed.test/", { ...base, resolve })).toMatchObject({ code: "bad_request" });
});

test("a name that leads elsewhere when it is asked again is asked once, and the connection goes where it led at first", async () => {
  const { port, seen } = await serve((_, response) => response.end("audio"));
  const answers = [
    [{ address: "127.0.0.1", family: 4 }],
    [{ address: "127.0.0.2", family: 4 }],
    [{ address: "127.0.0.2", family: 4 }],
  ];
  let asked = 0;
  const resolve = async () => answers[asked++] ?? [];
  expect(await fetchAll(`http://rebinding.test:${port}/`, { ...lenient, resolve })).toMatchObject({ text: "audio" });
  expect([asked, seen.map(({ host }) => host)]).toEqual([1, [`rebinding.test:${port}`]]);
});

test("redirects are followed to what may be fetched, each judged anew", async () => {
  const { port, seen } = await serve((request, response) => {
    const to: Record<string, string> = {
      "/1": "/2",
      "/2": `http://other.test:${port}/3`,
      "/metadata": "http://169.254.169.254/latest/",
      "/file": "file:///etc/passwd",
      "/odd": "http://[",
      "/in": `http://user:secret@other.test:${port}/3`,
    };
    const location = to[request.url ?? ""];
    if (location !== undefined) response.writeHead(302, { location }).end();
    else response.writeHead(200, { "content-type": "audio/ogg" }).end("audio");
  });
  const at = (path: string) => `http://one.test:${port}${path}`;
  expect(await fetchAll(at("/1"), lenient)).toEqual({ text: "audio", mediaType: "audio/ogg" });
  expect(seen.map(({ host, path }) => `${host}${path}`)).toEqual([
    `one.test:${port}/1`,
    `one.test:${port}/2`,
    `other.test:${port}/3`,
  ]);
  expect(seen[0]?.headers).not.toHaveProperty("authorization");
  expect(await failureOf(at("/metadata"), lenient)).toMatchObject({
    message: expect.stringMatching(/not of the public internet/),
  });
  expect(await failureOf(at("/file"), lenient)).toMatchObject({ message: expect.stringMatching(/file:/) });
  expect(await failureOf(at("/odd"), lenient)).toMatchObject({ message: expect.stringMatching(/no URL/) });
  expect(await failureOf(at("/in"), lenient)).toMatchObject({ message: expect.stringMatching(/user or a password/) });
});

test("a redirect that never ends does", async () => {
  const { port, seen } = await serve((_, response) => response.writeHead(307, { location: "/again" }).end());
  expect(await failureOf(`http://one.test:${port}/`, lenient)).toMatchObject({
    message: expect.stringMatching(/more than 5 times/),
  });
  expect(seen).toHaveLength(6);
});

test.each([
  [404, false],
  [403, false],
  [204, false],
  [503, true],
  [429, true],
])("an answer of %i is told, and whether to try again", async (status, retryable) => {
  const { port } = await serve((_, response) => response.writeHead(status).end());
  const error = await failureOf(`http://one.test:${port}/a?token=secret`, lenient);
  expect(error).toMatchObject({ code: "bad_request", retryable, message: expect.stringContaining(String(status)) });
  expect(error.message).not.toContain("secret");
});

test("what is sent encoded is refused", async () => {
  const { port, seen } = await serve((_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("x"));
  expect(await failureOf(`http://one.test:${port}/`, lenient)).toMatchObject({
    message: expect.stringMatching(/encoded/),
  });
  expect(seen[0]?.headers).toMatchObject({ "accept-encoding": "identity" });
});

test("a server that is silent, and one that drips for ever, are given up", async () => {
  const silent = await serve(() => undefined);
  const quiet = await failureOf(`http://one.test:${silent.port}/`, { ...lenient, idleMs: 200 });
  expect(quiet).toMatchObject({ code: "request_timeout", retryable: true });
  const dripping = await serve((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("x"), 20);
    response.once("close", () => clearInterval(timer));
  });
  const slow = await failureOf(`http://one.test:${dripping.port}/`, { ...lenient, timeoutMs: 400 });
  expect(slow).toMatchObject({ code: "request_timeout", message: expect.stringMatching(/within 0\.4 s/) });
});

test("a connection that breaks is told, and a fetch that nobody waits for ends at once", async () => {
  const breaking = await serve((_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("x", () => response.destroy());
  });
  expect(await failureOf(`http://one.test:${breaking.port}/`, lenient)).toMatchObject({ retryable: true });
  const nobody = await serve(() => undefined);
  const leaving = new AbortController();
  setTimeout(() => leaving.abort(new HumError("cancelled", "it was cancelled")), 50);
  const { signal } = leaving;
  expect(await failureOf(`http://one.test:${nobody.port}/`, { ...lenient, signal })).toMatchObject({
    code: "cancelled",
  });
});

test("a name without an address may have one later", async () => {
  const resolve = async () => {
    throw Object.assign(new Error("not found"), { code: "ENOTFOUND" });
  };
  const error = await failureOf("http://nowhere.test/", { ...base, resolve });
  expect(error).toMatchObject({
    code: "bad_request",
    retryable: true,
    message: expect.stringMatching(/nowhere\.test has no address \(ENOTFOUND\)/),
  });
});
