/** A sender of commands, and what it reads of the answers: over Redis, as anybody would who has the URL. */
import { expect, vi } from "vitest";
import { connectRedis, type RedisConnection } from "../src/events/clients/redis.ts";
import { type CommandName, commandStream, commandTypeOf } from "../src/events/commands.ts";
import { type CloudEvent, cloudEventSchema } from "../src/events/envelope.ts";
import { streamKey } from "../src/events/sinks/append.ts";
import { makeWav } from "./wav.ts";

export interface CommandClient {
  readonly redis: RedisConnection;
  /** Sends what need not be a command; resolves with its id in the stream. */
  sendText(text: string): Promise<string>;
  /** The command's id is `id`. */
  request(id: string, data: Record<string, unknown>): Promise<string>;
  cancel(id: string, data: Record<string, unknown>): Promise<string>;
  /** All of every node, oldest first. */
  events(): Promise<CloudEvent[]>;
  /** Those that a command caused. */
  answers(commandId: string): Promise<CloudEvent[]>;
  /** Resolves with the answers once there are `count` terminal events among them. */
  untilEnded(commandId: string, options?: { count?: number; timeoutMs?: number }): Promise<CloudEvent[]>;
  untilTold(commandId: string, verb: string): Promise<CloudEvent[]>;
  /** After the server was started again. */
  reconnect(): Promise<void>;
  close(): void;
}

export const source = "urn:example:sender";

export const commandText = (name: CommandName, { id, data }: { id: string; data: unknown }): string =>
  JSON.stringify({ specversion: "1.0", id, source, type: commandTypeOf(name), data });

/** Of silence; the scripted engine tells a segment for each started second. */
export const inline = (seconds: number) => ({
  data: makeWav(Buffer.alloc(seconds * 32_000)).toString("base64"),
  media_type: "audio/wav",
});

/** The same in a quarter of the bytes, through a decoder: brokers take a megabyte by default, and base64 has a third more. */
export const compact = (seconds: number) => ({
  data: Buffer.alloc(seconds * 8_000, 0xff).toString("base64"),
  media_type: "audio/basic",
});

/** `completed` of io.humhelix.transcription.completed.v1. */
export const verbOf = ({ type }: CloudEvent) => type.split(".").at(-2) ?? "";
export const verbsOf = (events: readonly CloudEvent[]) => events.map(verbOf);
export const isEnd = (event: CloudEvent) => ["completed", "failed", "cancelled"].includes(verbOf(event));

export async function openCommandClient(url: string): Promise<CommandClient> {
  const connect = () => connectRedis({ url, name: "sender", commandTimeoutMs: 5_000 });
  let redis = await connect();
  const send = async (text: string) => String(await redis.call("XADD", commandStream, "*", "ce", text));

  async function events(): Promise<CloudEvent[]> {
    const entries = (await redis.call("XRANGE", streamKey("transcription"), "-", "+")) as [string, string[]][];
    return entries.map(([, fields]) => cloudEventSchema.parse(JSON.parse(fields[fields.indexOf("ce") + 1] ?? "")));
  }

  const answers = async (commandId: string) => (await events()).filter(({ causationid }) => causationid === commandId);

  return {
    get redis() {
      return redis;
    },
    sendText: send,
    request: (id, data) => send(commandText("transcription.request", { id, data })),
    cancel: (id, data) => send(commandText("transcription.cancel", { id, data })),
    events,
    answers,
    async untilEnded(commandId, { count = 1, timeoutMs = 15_000 } = {}) {
      return vi.waitFor(
        async () => {
          const told = await answers(commandId);
          expect(told.filter(isEnd).length, verbsOf(told).join(" ")).toBeGreaterThanOrEqual(count);
          return told;
        },
        { timeout: timeoutMs, interval: 20 },
      );
    },
    async untilTold(commandId, verb) {
      return vi.waitFor(
        async () => {
          const told = await answers(commandId);
          expect(verbsOf(told)).toContain(verb);
          return told;
        },
        { timeout: 15_000, interval: 10 },
      );
    },
    async reconnect() {
      redis.close();
      redis = await connect();
    },
    close: () => redis.close(),
  };
}
