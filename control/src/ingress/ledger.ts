/**
 * The ledger: how nodes that read commands from a bus which cannot tell agree, through the Redis that they share, on who tells
 * the end of one. A node whose Redis is its own agrees with its other lives only.
 */
import { z } from "zod";
import { connectRedis } from "../events/clients/redis.ts";
import { jobKey, keepMs } from "./redis-scripts.ts";
import type { Whereabouts } from "./source.ts";

export interface Ledger {
  /**
   * `entry` names the command on its bus. `repeated` where it came before under another name, or a node has told its end
   * or is about to; `busy` where another node has it, and gave a sign of life within `patienceMs`. `begun` counts how often
   * it was begun, this time included.
   */
  begin(entry: string, jobId: string): Promise<{ standing: "begin" | "repeated" | "busy"; begun: number }>;
  /** A sign of life for each of the jobs; resolves with those that other nodes have begun since. */
  lost(jobIds: readonly string[]): Promise<Set<string>>;
  /** Whether this node may tell the end: from then on no other node ever does. */
  claimEnd(jobId: string): Promise<boolean>;
  /** This time does not count. */
  giveBack(jobId: string): Promise<void>;
  /** `forgotten` also where this node claimed the end, and then ended itself: no other node tells it. */
  find(jobIds: readonly string[]): Promise<ReadonlyMap<string, Whereabouts>>;
  readonly closed: Promise<Error>;
  close(): Promise<void>;
}

export interface LedgerOptions {
  url: string;
  commandTimeoutMs: number;
  /** This node in each of its lives, and no other. */
  consumer: string;
  patienceMs: number;
  signal: AbortSignal;
}

/** Of each job's hash: `entry`, `by` (who began it last), `seen_ms`, `begun`, and `ending_by`. ARGV: the node, `keepMs`. */
const prelude = `
local consumer, keep_ms = ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** ARGV[3]: the entry; ARGV[4]: `patienceMs`. */
const beginScript = `${prelude}
local known = redis.call('HMGET', KEYS[1], 'entry', 'ending_by', 'by', 'seen_ms')
if known[2] or (known[1] and known[1] ~= ARGV[3]) then return {'repeated', 0} end
if known[3] and known[3] ~= consumer and known[4] and now_ms - tonumber(known[4]) < tonumber(ARGV[4]) then
  return {'busy', 0}
end
redis.call('HSET', KEYS[1], 'entry', ARGV[3], 'by', consumer, 'seen_ms', now_ms)
local begun = redis.call('HINCRBY', KEYS[1], 'begun', 1)
redis.call('PEXPIRE', KEYS[1], keep_ms)
return {'begin', begun}
`;

const lostScript = `${prelude}
local lost = {}
for index, key in ipairs(KEYS) do
  local by = redis.call('HGET', key, 'by')
  lost[index] = (by and by ~= consumer) and 1 or 0
  if by == consumer then
    redis.call('HSET', key, 'seen_ms', now_ms)
    redis.call('PEXPIRE', key, keep_ms)
  end
end
return lost
`;

const claimEndScript = `${prelude}
local known = redis.call('HMGET', KEYS[1], 'by', 'ending_by')
if (known[1] and known[1] ~= consumer) or (known[2] and known[2] ~= consumer) then return 0 end
redis.call('HSET', KEYS[1], 'by', consumer, 'ending_by', consumer)
redis.call('PEXPIRE', KEYS[1], keep_ms)
return 1
`;

/** Nobody need wait for this node any more. */
const giveBackScript = `${prelude}
if redis.call('HGET', KEYS[1], 'by') == consumer then
  redis.call('HINCRBY', KEYS[1], 'begun', -1)
  redis.call('HDEL', KEYS[1], 'seen_ms')
end
return 1
`;

const findScript = `${prelude}
local found = {}
for index, key in ipairs(KEYS) do
  local known = redis.call('HMGET', key, 'by', 'ending_by')
  local mine = known[1] == consumer
  if not known[1] or (mine and known[2]) then found[index] = 'forgotten'
  else found[index] = mine and 'here' or 'elsewhere' end
end
return found
`;

/** Rejects with the root cause. */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { consumer, patienceMs, ...rest } = options;
  const redis = await connectRedis({ ...rest, name: "humhelix-ledger" });
  const run = (script: string, jobIds: readonly string[], ...args: (string | number)[]) =>
    redis.call("EVAL", script, jobIds.length, ...jobIds.map(jobKey), consumer, keepMs, ...args);
  return {
    async begin(entry, jobId) {
      const reply = await run(beginScript, [jobId], entry, patienceMs);
      const [standing, begun] = z.tuple([z.enum(["begin", "repeated", "busy"]), z.int()]).parse(reply);
      return { standing, begun };
    },
    async lost(jobIds) {
      const flags = z.array(z.int()).parse(await run(lostScript, jobIds));
      return new Set(jobIds.filter((_, index) => flags[index] === 1));
    },
    claimEnd: async (jobId) => (await run(claimEndScript, [jobId])) === 1,
    async giveBack(jobId) {
      await run(giveBackScript, [jobId]);
    },
    async find(jobIds) {
      const found = z.array(z.enum(["here", "elsewhere", "forgotten"])).parse(await run(findScript, jobIds));
      return new Map(jobIds.map((id, index): [string, Whereabouts] => [id, found[index] ?? "forgotten"]));
    },
    closed: redis.closed,
    async close() {
      redis.close();
      await redis.closed;
    },
  };
}
