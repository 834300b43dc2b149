import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { createRedisSink } from "../../../src/events/sinks/redis.ts";
import { spawnChild } from "../../../src/platform/child.ts";
import { outgoing } from "../../conformance/outgoing.ts";
import { samplePath, startServer } from "../../e2e/server.ts";
import { freePort } from "../../ports.ts";

test("events reach a Redis of the user's own over TLS, and nothing is started beside it", async () => {
  const { port, cert } = await startRedis();
  const server = await startServer({ HUM_REDIS_URL: `rediss://127.0.0.1:${port}`, NODE_EXTRA_CA_CERTS: cert });
  onTestFinished(async () => void (await server.stop()));

  const request = { method: "POST", headers: { "content-type": "audio/wav" }, body: readFileSync(samplePath) };
  expect((await fetch(`${server.url}/v1/audio/transcriptions`, request)).status).toBe(200);
  expect(existsSync(join(server.dataDir, "redis"))).toBe(false);
  const stream = "{humhelix}:events:v1:transcription";
  await vi.waitFor(async () => {
    const reply = await ask({ port, ca: readFileSync(cert) }, `XRANGE ${stream} - +`);
    expect(reply).toContain("io.humhelix.transcription.completed.v1");
  });
});

test("the URL may name the authority, and a certificate that nobody vouches for is refused with the reason", async () => {
  const { port, cert } = await startRedis();
  const sinkAt = (url: string) => createRedisSink({ url, retention_s: 60, command_timeout_s: 2 });
  const url = `rediss://127.0.0.1:${port}`;
  await vi.waitFor(() =>
    expect(sinkAt(url).open(AbortSignal.timeout(2_000))).rejects.toThrow("self-signed certificate"),
  );
  const connection = await sinkAt(`${url}?ssl_ca_certs=${cert}`).open(AbortSignal.timeout(2_000));
  expect(await connection.deliver(outgoing(3))).toEqual({ delivered: 3, duplicates: 0, stopped: null });
  await connection.close();
  await expect(sinkAt(`${url}?ssl_ca_certs=/none.pem`).open(AbortSignal.timeout(2_000))).rejects.toThrow("/none.pem");
});

/** Takes TLS only, with a certificate that is its own authority. */
async function startRedis(): Promise<{ port: number; cert: string }> {
  const dir = mkdtempSync(join(tmpdir(), "hum-tls-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert, ...subject],
    {
      stdio: "ignore",
    },
  );
  const port = await freePort();
  const redis = spawnChild({
    command: "redis-server",
    args: ["--port", "0", "--bind", "127.0.0.1", "--tls-port", String(port), "--dir", dir, "--save", ""].concat([
      ...["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", cert, "--tls-auth-clients", "no"],
    ]),
    env: { PATH: process.env.PATH ?? "" },
  });
  onTestFinished(async () => void (await redis.stop(2000)));
  return { port, cert };
}

/** One command, as Redis's inline protocol has it, and what is answered within the same connection. */
async function ask(server: { port: number; ca: Buffer }, command: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", ...server });
  socket.end(`${command}\r\nQUIT\r\n`);
  const chunks = await Array.fromAsync(socket as AsyncIterable<Buffer>);
  return Buffer.concat(chunks).toString();
}
