import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { createLog } from "../../src/core/log.ts";
import { sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import { createSink } from "../../src/events/sinks/create.ts";
import { outgoing } from "../conformance/outgoing.ts";

const log = createLog({ level: "silent", readable: false });

/** A server that says the same to everybody, and then ends the connection. */
async function startStranger(greeting: Buffer): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(greeting);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const greetings = {
  HTTP: Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"),
  TLS: Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]),
  ones: Buffer.alloc(64, 0xff),
  nothing: Buffer.alloc(0),
};

const settingsFor = (at: string) => [
  { kind: "amqp", url: `amqp://me:s3cret@${at}/s3cret` },
  { kind: "amqp", url: `amqps://me:s3cret@${at}/s3cret` },
  { kind: "mqtt", url: `mqtt://me:s3cret@${at}` },
  { kind: "mqtt", url: `mqtts://me:s3cret@${at}` },
  { kind: "mqtt", url: `ws://me:s3cret@${at}/s3cret` },
  { kind: "nats", servers: [`nats://me:s3cret@${at}`] },
  { kind: "kafka", brokers: [at], sasl: { mechanism: "PLAIN", username: "me", password: "s3cret" } },
  { kind: "webhook", url: `http://me:s3cret@${at}/s3cret?key=s3cret` },
  { kind: "webhook", url: `https://me:s3cret@${at}/s3cret?key=s3cret` },
];

/** What health would say of it. */
async function reasonOf(settings: object): Promise<string> {
  const sink = await createSink(sinkSettingsSchema.parse({ ...settings, timeout_s: 1 }), {
    node: "lab",
    version: "0",
    log,
  });
  const connection = await sink.open(AbortSignal.timeout(5_000)).catch((error: Error) => error.message);
  if (typeof connection === "string") return connection;
  const { stopped } = await connection.deliver(outgoing(1));
  await connection.close();
  return stopped?.kind === "failed" ? stopped.error.message : String(stopped?.kind);
}

test.each(Object.entries(greetings))(
  "where another program answers with %s, each sink says that it failed, without a secret, and the node goes on",
  async (_, greeting) => {
    const at = await startStranger(greeting);
    const reasons = await Promise.all(settingsFor(at).map(reasonOf));
    for (const reason of reasons) expect(reason).toMatch(/.{10}/);
    expect(reasons.join("\n")).not.toContain("s3cret");
  },
);
