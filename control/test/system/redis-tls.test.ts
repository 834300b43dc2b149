import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { spawnChild } from "../../src/platform/child.ts";
import { samplePath, startServer } from "../e2e/server.ts";

test("events reach a Redis of the user's own over TLS, and nothing is started beside it", async () => {
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

/** One command, as Redis's inline protocol has it, and what is answered within the same connection. */
async function ask(server: { port: number; ca: Buffer }, command: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", ...server });
  socket.end(`${command}\r\nQUIT\r\n`);
  const chunks = await Array.fromAsync(socket as AsyncIterable<Buffer>);
  return Buffer.concat(chunks).toString();
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("a TCP server has a port");
  return address.port;
}
