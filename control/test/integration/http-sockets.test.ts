import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { HumError } from "../../src/core/errors.ts";
import { finish, type HttpRig, type HttpRigOptions, openHttpRig, speech, started, wav } from "./http-rig.ts";

async function open(options: HttpRigOptions = {}) {
  const rig = await openHttpRig(options);
  onTestFinished(() => rig.close());
  return rig;
}

async function dial(rig: HttpRig) {
  const socket = connect(rig.port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
  let received = "";
  socket.setEncoding("latin1").on("data", (text: string) => (received += text));
  const failures: string[] = [];
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", (error: NodeJS.ErrnoException) => failures.push(error.code ?? error.message));
  return { socket, failures, received: () => received, closed };
}

const head = (headers: string[]) =>
  ["POST /v1/audio/transcriptions HTTP/1.1", "host: test", "content-type: audio/wav", ...headers, "", ""].join("\r\n");
const chunk = (bytes: Buffer) => Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, crlf]);
const crlf = Buffer.from("\r\n");

/** Writes as a client that never looks at the answer until it has sent everything. */
async function pour(socket: Socket, piece: Buffer, times: number) {
  const closed = new AbortController();
  socket.once("close", () => closed.abort());
  for (let sent = 0; sent < times && socket.writable; sent += 1) {
    if (socket.write(piece)) continue;
    await once(socket, "drain", { signal: closed.signal }).catch(() => undefined);
  }
}

describe("a body over the limit is answered 413 although the client still sends", () => {
  test("announced by its length", async () => {
    const rig = await open({ http: { max_body_bytes: 1_000_000 } });
    const { socket, received, failures, closed } = await dial(rig);
    const piece = Buffer.alloc(65_536);
    socket.write(head([`content-length: ${piece.byteLength * 400}`]));
    await pour(socket, piece, 400);
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(received().toLowerCase()).toContain("connection: close");
    expect(received()).toContain('"code":"too_large"');
    expect(failures).toEqual([]);
    expect(rig.submitted).toEqual([]);
  });

  test("found in mid-stream", async () => {
    const rig = await open({ http: { max_body_bytes: 1_000_000 } });
    const { socket, received, failures, closed } = await dial(rig);
    socket.write(head(["transfer-encoding: chunked"]));
    await pour(socket, chunk(Buffer.alloc(65_536)), 400);
    socket.write("0\r\n\r\n");
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
    expect(failures).toEqual([]);
    expect(rig.scratchFiles()).toEqual([]);
  });

  test("but one that never stops is cut off", async () => {
    const rig = await open({ http: { max_body_bytes: 1_000_000 }, timing: { lingerMs: 200 } });
    const { socket, received, closed } = await dial(rig);
    socket.write(head(["transfer-encoding: chunked"]));
    const pouring = pour(socket, chunk(Buffer.alloc(65_536)), Number.POSITIVE_INFINITY);
    await Promise.all([closed, pouring]);
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("and one that falls silent is cut off", async () => {
    const rig = await open({ http: { max_body_bytes: 1_000 }, timing: { lingerIdleMs: 50 } });
    const { socket, received, closed } = await dial(rig);
    socket.write(head(["content-length: 5000"]));
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 413 /);
  });

  test("before it is sent, where the client asks first", async () => {
    const rig = await open({ http: { max_body_bytes: 1_000 } });
    const { socket, received } = await dial(rig);
    socket.write(head(["content-length: 5000", "expect: 100-continue"]));
    await expect.poll(received).toMatch(/^HTTP\/1\.1 413 /);
  });
});

test("a client that asks first is told to go on", async () => {
  const rig = await open();
  const { socket, received } = await dial(rig);
  const bytes = wav(0.1);
  socket.write(head([`content-length: ${bytes.byteLength}`, "expect: 100-continue"]));
  await expect.poll(received).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  socket.write(bytes);
  await expect.poll(received).toContain("HTTP/1.1 200 OK");
});

test("a full queue is told before the upload has come, and to a client that asks first instead of going on", async () => {
  const rig = await open({
    admit: () => {
      throw new HumError("overloaded", "8 jobs wait already; at most 8 may");
    },
  });
  for (const asks of [[], ["expect: 100-continue"]]) {
    const { socket, received } = await dial(rig);
    socket.write(head(["content-length: 50000000", ...asks]));
    await expect.poll(received).toMatch(/^HTTP\/1\.1 503 /);
    expect(received()).toContain('"code":"overloaded"');
  }
  expect(rig.submitted).toEqual([]);
});

test("an expectation that nobody meets is refused in the same error shape, and logged", async () => {
  const rig = await open();
  const { socket, received, closed } = await dial(rig);
  const bytes = wav(0.1);
  socket.write(head([`content-length: ${bytes.byteLength}`, "expect: a-miracle", "x-request-id: mine"]));
  socket.write(bytes);
  await closed;
  expect(received()).toMatch(/^HTTP\/1\.1 417 Expectation Failed\r\n/);
  expect(received().toLowerCase()).toContain("x-request-id: mine\r\n");
  expect(JSON.parse(received().slice(received().indexOf("{")))).toEqual({
    error: {
      message: 'Expect is "a-miracle"; it must be 100-continue, or not be sent',
      type: "invalid_request_error",
      param: null,
      code: "bad_request",
    },
  });
  expect(rig.submitted).toEqual([]);
  await expect.poll(() => rig.logLines.at(-1)).toMatchObject({ status: 417, request_id: "mine" });
});

test("an expectation in HTTP/1.0, which knows none, is ignored", async () => {
  const rig = await open();
  const { socket, received } = await dial(rig);
  socket.write("GET /ping HTTP/1.0\r\nhost: test\r\nexpect: a-miracle\r\n\r\n");
  await expect.poll(received).toMatch(/^HTTP\/1\.1 200 /);
});

test("a body that takes too long is given up with 408, however fast it is", async () => {
  const rig = await open({ http: { max_body_s: 0.2 }, timing: { lingerMs: 50 } });
  const { socket, received, closed } = await dial(rig);
  socket.write(head(["transfer-encoding: chunked"]));
  await Promise.all([closed, pour(socket, chunk(Buffer.alloc(1024)), Number.POSITIVE_INFINITY)]);
  expect(received()).toMatch(/^HTTP\/1\.1 408 /);
  expect(received()).toContain("the body did not arrive within 0.2 s, the longest that one may take: ");
  expect(rig.scratchFiles()).toEqual([]);
  expect(rig.submitted).toEqual([]);
});

describe("a slow body is given up with 408", () => {
  test("when nothing more comes", async () => {
    const rig = await open({ timing: { bodyGraceMs: 50, lingerIdleMs: 50 } });
    const { socket, received, closed } = await dial(rig);
    socket.write(head(["content-length: 5000"]));
    socket.write(wav(0.01));
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(received()).toContain('"code":"request_timeout"');
    expect(rig.submitted).toEqual([]);
  });

  test("when it trickles, however long it has been fast before", async () => {
    const rig = await open({ timing: { bodyGraceMs: 100, lingerMs: 50 } });
    const { socket, received } = await dial(rig);
    socket.write(head(["content-length: 50000000"]));
    socket.write(Buffer.alloc(3_000_000));
    const drip = setInterval(() => socket.write("x"), 5);
    onTestFinished(() => clearInterval(drip));
    await expect.poll(received, { timeout: 5_000 }).toMatch(/^HTTP\/1\.1 408 /);
    expect(rig.scratchFiles()).toEqual([]);
  });
});

describe("a client that leaves", () => {
  test("in mid-upload leaves nothing behind and submits nothing", async () => {
    const rig = await open();
    const { socket } = await dial(rig);
    socket.write(head(["content-length: 50000000"]));
    socket.write(Buffer.alloc(3_000_000));
    await expect.poll(rig.scratchFiles).toHaveLength(1);
    socket.destroy();
    await expect.poll(rig.scratchFiles).toEqual([]);
    expect(rig.submitted).toEqual([]);
    await expect.poll(() => rig.logLines.at(-1)).toMatchObject({ status: 499, route: "/v1/audio/transcriptions" });
  });

  test("within a multipart file leaves nothing behind either", async () => {
    const rig = await open();
    const { socket } = await dial(rig);
    socket.write(
      head(["content-length: 50000000"]).replace("audio/wav", "multipart/form-data; boundary=xx") +
        '--xx\r\ncontent-disposition: form-data; name="file"; filename="a.wav"\r\n\r\n',
    );
    socket.write(Buffer.alloc(3_000_000));
    await expect.poll(rig.scratchFiles).toHaveLength(1);
    socket.resetAndDestroy();
    await expect.poll(rig.scratchFiles).toEqual([]);
    expect(rig.submitted).toEqual([]);
  });

  test.each(["", "?stream=true"])(
    "in mid-transcription%s stops the work and clears the scratch file",
    async (query) => {
      const rig = await open({ script: ({ tell }) => void tell(started) });
      const { socket } = await dial(rig);
      const bytes = wav(60);
      socket.write(head([`content-length: ${bytes.byteLength}`]).replace(" HTTP", `${query} HTTP`));
      socket.write(bytes);
      await expect.poll(() => rig.submitted.length).toBe(1);
      expect(rig.submitted[0]?.job.signal.aborted).toBe(false);
      expect(rig.scratchFiles()).toHaveLength(1);
      socket.destroy();
      await expect.poll(() => rig.submitted[0]?.job.signal.aborted).toBe(true);
      await expect.poll(rig.scratchFiles).toEqual([]);
    },
  );

  test("a stream unread loses it", async () => {
    const rig = await open({
      script: ({ tell }) => void tell(started),
      timing: { heartbeatMs: 10, unreadMs: 50 },
    });
    const { socket } = await dial(rig);
    socket.pause();
    const bytes = wav(0.1);
    socket.write(head([`content-length: ${bytes.byteLength}`]).replace(" HTTP", "?stream=true HTTP"));
    socket.write(bytes);
    await expect.poll(() => rig.submitted.length).toBe(1);
    const [one] = rig.submitted;
    // More than the buffers of both ends hold.
    const text = "x".repeat(1_000_000);
    for (let index = 0; index < 30; index += 1) {
      one?.tell({ type: "segment", attempt: 1, index, segment: { ...speech[0], text } as (typeof speech)[0] });
    }
    await expect.poll(() => one?.job.signal.aborted).toBe(true);
  });
});

describe("what is no HTTP", () => {
  test.each([
    ["garbage", "\x16\x03\x01garbage\r\n\r\n", 400],
    ["too many headers", `GET /ping HTTP/1.1\r\nhost: a\r\nx: ${"y".repeat(20_000)}\r\n\r\n`, 431],
    ["a host that is none", "GET /ping HTTP/1.1\r\nhost: a b c\r\n\r\n", 400],
    ["a chunk size that is none", `${head(["transfer-encoding: chunked"])}zz\r\n`, 400],
  ])("%s is answered in the same error shape", async (_, bytes, status) => {
    const rig = await open();
    const { socket, received } = await dial(rig);
    socket.write(bytes);
    await expect.poll(received).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(received().toLowerCase()).toContain("x-request-id: ");
    const body = received().slice(received().indexOf("{"));
    expect(JSON.parse(body.replace(/\r\n.*$/s, ""))).toMatchObject({ error: { code: "bad_request", param: null } });
    expect((await fetch(`${rig.url}/ping`)).status).toBe(200);
  });
});

describe("stopping", () => {
  const post = (rig: HttpRig) => {
    const body = new FormData();
    body.append("file", new Blob([wav(0.1)]), "a.wav");
    return fetch(`${rig.url}/v1/audio/transcriptions`, { method: "POST", body });
  };

  test("lets accepted requests finish and then takes no more", async () => {
    const rig = await open({ script: ({ tell }) => void tell(started) });
    await (await fetch(`${rig.url}/ping`)).text();
    const answer = post(rig);
    await expect.poll(() => rig.submitted.length).toBe(1);
    let stopped = false;
    const stop = rig.stop(60_000).then(() => {
      stopped = true;
    });
    const knock = () =>
      fetch(`${rig.url}/ping`, { headers: { connection: "close" } }).then(
        () => "let in",
        () => "refused",
      );
    // What came just before the stop is let in for a moment more.
    await expect.poll(knock).toBe("refused");
    expect(stopped).toBe(false);
    for (const one of rig.submitted) finish(one, speech);
    expect((await answer).status).toBe(200);
    await stop;
  });

  test("cuts off what outlives the grace, and its job", async () => {
    const rig = await open({ script: ({ tell }) => void tell(started) });
    const answer = post(rig).catch((error: unknown) => error);
    await expect.poll(() => rig.submitted.length).toBe(1);
    await rig.stop(50);
    expect(await answer).toBeInstanceOf(TypeError);
    await expect.poll(() => rig.submitted[0]?.job.signal.aborted).toBe(true);
  });
});
