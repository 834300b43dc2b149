/** Follows the feed from outside, as any subscriber could: every stream, from now or from the start, across restarts. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { HumError } from "../core/errors.ts";
import { withoutPassword } from "../core/redis-url.ts";
import { toError } from "../core/to-error.ts";
import { streamNames } from "./catalogue.ts";
import { connectRedis, isFatal, type RedisConnection } from "./clients/redis.ts";
import { type CloudEvent, cloudEventSchema } from "./envelope.ts";
import { defaultPace, retryDelayMs } from "./retry.ts";
import { streamKey } from "./sinks/append.ts";

export interface TailOptions {
  url: string;
  from: "now" | "start";
  /** Ends the iteration, without an error. */
  signal: AbortSignal;
  /** Told of what a person may want to know: a lost connection, an entry that is no event of ours. */
  onNotice?: (notice: string) => void;
}

/** How long the server may keep a read waiting; the connection counts as dead a while after. */
const blockMs = 5_000;
const commandTimeoutMs = 2 * blockMs;

const entriesSchema = z.array(z.tuple([z.string(), z.array(z.string())]));
const readSchema = z.array(z.tuple([z.string(), entriesSchema])).nullable();

interface Entry {
  key: string;
  id: string;
  fields: string[];
}

/** Throws only where the server refuses us, such as for a wrong password, or the URL is none. */
export async function* tailEvents(options: TailOptions): AsyncGenerator<CloudEvent> {
  const { url, signal, onNotice } = options;
  /** By stream, the last entry that was read. Empty until the first connection tells where "now" is. */
  const positions = new Map<string, string>();
  let failures = 0;

  while (!signal.aborted) {
    let connection: RedisConnection | null = null;
    const leave = () => connection?.close();
    signal.addEventListener("abort", leave);
    try {
      connection = await connectRedis({ url, name: "humhelix-tail", commandTimeoutMs, signal });
      if (positions.size === 0) await takePositions(connection, { positions, from: options.from });
      while (!signal.aborted) {
        const entries = await read(connection, positions);
        failures = 0;
        for (const { key, id, fields } of entries) {
          positions.set(key, id);
          const event = parseEvent(fields);
          if (event === null) onNotice?.(`entry ${id} of ${key} is no event of this version and was skipped`);
          else yield event;
          if (signal.aborted) return;
        }
      }
    } catch (thrown) {
      if (signal.aborted) return;
      if (thrown instanceof HumError) throw thrown;
      const error = toError(thrown);
      if (isFatal(error)) throw new Error(`the server at ${withoutPassword(url)} refused: ${error.message}`);
      failures += 1;
      if (failures === 1) onNotice?.(`connection to ${withoutPassword(url)} lost, trying again: ${error.message}`);
      const delayMs = retryDelayMs(defaultPace, { failures, refused: false });
      await delay(delayMs, undefined, { signal }).catch(() => undefined);
    } finally {
      signal.removeEventListener("abort", leave);
      connection?.close();
    }
  }
}

async function takePositions(
  connection: RedisConnection,
  options: { positions: Map<string, string>; from: TailOptions["from"] },
): Promise<void> {
  const found = new Map<string, string>();
  for (const key of streamNames.map(streamKey)) {
    // `$` would be asked anew after each reconnection, and skip what came between.
    const newest = options.from === "start" ? [] : await connection.call("XREVRANGE", key, "+", "-", "COUNT", 1);
    found.set(key, entriesSchema.parse(newest)[0]?.[0] ?? "0-0");
  }
  for (const [key, id] of found) options.positions.set(key, id);
}

/** What is new on any stream, in the order in which it was stored; empty where nothing came for a while. */
async function read(connection: RedisConnection, positions: ReadonlyMap<string, string>): Promise<Entry[]> {
  const reply = await connection.call(
    ...(["XREAD", "COUNT", 256, "BLOCK", blockMs, "STREAMS", ...positions.keys(), ...positions.values()] as const),
  );
  const streams = readSchema.parse(reply) ?? [];
  return streams
    .flatMap(([key, entries]) => entries.map(([id, fields]): Entry => ({ key, id, fields })))
    .sort((a, b) => storedMs(a) - storedMs(b));
}

/** Entry ids are `<milliseconds>-<counter>`; the sort keeps the order of a stream within a millisecond. */
const storedMs = ({ id }: Entry) => Number(id.slice(0, id.indexOf("-")));

function parseEvent(fields: string[]): CloudEvent | null {
  try {
    return cloudEventSchema.parse(JSON.parse(fields[fields.indexOf("ce") + 1] ?? ""));
  } catch {
    return null;
  }
}
