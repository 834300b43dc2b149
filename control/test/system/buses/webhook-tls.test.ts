import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../../../src/core/log.ts";
import { createWebhookSink } from "../../../src/events/sinks/webhook.ts";
import { webhookPace } from "../../../src/events/sinks/webhook-trials.ts";
import { outgoing } from "../../conformance/outgoing.ts";

test("a receiver with TLS gets events once its certificate is trusted, and none before", async () => {
  const dir = mkdtempSync(join(tmpdir(), "hum-webhook-tls-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const files = ["-days", "2", "-keyout", key, "-out", cert];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], { stdio: "ignore" });
  const bodies: string[] = [];
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, async (request, response) => {
    bodies.push((await request.toArray()).join(""));
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const sink = createWebhookSink(
    { kind: "webhook", types: ["*"], required: false, url, headers: {}, max_in_flight: 64, timeout_s: 5 },
    {
      node: "test",
      version: "0",
      log: createLog({ level: "silent", readable: false }),
      // Nothing waits in here.
      pace: { ...webhookPace, retry: { firstMs: 0, maxMs: 0, refusedMs: 0 } },
    },
  );

  const wary = await sink.open(AbortSignal.timeout(10_000));
  const { delivered, stopped } = await wary.deliver(outgoing(20));
  expect({ delivered, stopped }).toMatchObject({
    delivered: 0,
    stopped: { kind: "failed", error: { message: expect.stringContaining("self-signed certificate") } },
  });
  await wary.close();

  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, readFileSync(cert, "utf8")]);
  onTestFinished(() => setDefaultCACertificates(trusted));
  const trusting = await sink.open(AbortSignal.timeout(10_000));
  onTestFinished(() => trusting.close());
  expect(await trusting.deliver(outgoing(20))).toEqual({ delivered: 20, duplicates: 0, stopped: null });
  expect(new Set(bodies)).toEqual(new Set(outgoing(20).map(({ json }) => json)));
});
