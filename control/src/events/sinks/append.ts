/** The idempotent append: a Lua script that stores and announces an event once, in order, however often it is sent. */
import { createHash } from "node:crypto";
import { z } from "zod";
import type { StreamName } from "../catalogue.ts";
import type { Outgoing } from "../sink.ts";

/** The braces keep every key in one slot of a cluster, which the script needs. */
const base = "{humhelix}:events:v1";

export const streamKey = (stream: StreamName) => `${base}:${stream}`;
/** A hash that tells consumers how long streams reach back, as `retention_s`. */
export const metaKey = `${base}:meta`;
/** The channel of an event's name, `<noun>.<verb>`. */
export const channelOf = (name: string) => `humhelix.events.${name}`;
/** Holds the last sequence of a source. */
export const lastKey = (source: string) => `${base}:last:${source}`;

/**
 * How much longer than its events a source's last sequence is kept: neither a reply that is lost right before a long
 * outage nor clocks that differ may make a bus forget what its producer still counts on.
 */
export const rememberMs = 24 * 60 * 60 * 1000;

/**
 * Keeps the last sequence of each source. One that is not above it was stored already; one whose predecessor is missing
 * is refused, so that a pipeline cut in the middle cannot leave a hole. The sender names the predecessor: after events
 * that it had to drop, that is the last one before them; 0 asks for none. A replay is stored whatever was stored before:
 * that is what was asked for. Returns `{result, last sequence stored}`.
 */
export const appendScript = `
local last = tonumber(redis.call('GET', KEYS[2]) or '0')
local sequence, predecessor, retention_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if ARGV[10] ~= 'replay' then
  if sequence <= last then return {'duplicate', last} end
  if predecessor > last then return {'hole', last} end
end
local now = redis.call('TIME')
local oldest = math.max(0, now[1] * 1000 - retention_ms)
redis.call('XADD', KEYS[1], 'MINID', '~', string.format('%.0f', oldest), '*',
  'ce', ARGV[5], 'id', ARGV[6], 'type', ARGV[7], 'key', ARGV[8])
if sequence > last then redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[4]) end
redis.call('PUBLISH', ARGV[9], ARGV[5])
return {'stored', sequence}
`;

const appendSha = createHash("sha1").update(appendScript).digest("hex");

export function appendCommand(event: Outgoing, retentionMs: number) {
  const { stream, source, sequence, predecessor, json, id, type, partitionKey, name } = event;
  const keys = [streamKey(stream), lastKey(source)];
  const order = [sequence, predecessor, retentionMs, retentionMs + rememberMs];
  const mode = event.isReplay === true ? "replay" : "once";
  return ["EVALSHA", appendSha, keys.length, ...keys, ...order, json, id, type, partitionKey, channelOf(name), mode];
}

/** The script's reply: what became of the event, and the last sequence that the bus has of its source. */
export const appendedSchema = z.tuple([z.enum(["stored", "duplicate", "hole"]), z.int()]);

/** What a source's last key holds; null where the bus has none. */
export const lastSequenceSchema = z
  .string()
  .regex(/^[0-9]+$/)
  .transform(Number)
  .nullable();
