/** How nodes agree through Redis on who carries out a command: scripts over the stream, its group, and a hash per job. */
import { commandStream } from "../events/commands.ts";

/** The group that all nodes read by. */
export const group = "humhelix";

/** Where nodes agree on a command: a hash of its job. */
export const jobKey = (jobId: string) => `${commandStream}:job:${jobId}`;
/** A command that comes again within this time is the same one. */
export const keepMs = 24 * 3600 * 1000;

/**
 * KEYS: the stream, then hashes of jobs. ARGV: the group, this node's name in it, how long a hash is kept in ms, then what
 * each script needs. A job's hash has `entry`, the id of the command in the stream, and, once a node is about to tell its
 * end, `ending_by` and `ending_ms`.
 */
const prelude = `
local stream, group, consumer, keep_ms = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local function is_ours(entry)
  return #redis.call('XPENDING', stream, group, entry, entry, 1, consumer) > 0
end
local function whereabouts(job, entry)
  if is_ours(entry) then return 'here' end
  if redis.call('HGET', job, 'entry') == entry then return 'elsewhere' end
  return 'forgotten'
end
local function now_ms()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end
`;

/**
 * ARGV[4]: the entry; ARGV[5]: for how long, in ms, a node that was about to tell the end is waited for. To it the
 * command goes back: its spool may have the end already.
 */
export const beginScript = `${prelude}
local job, entry, patience_ms = KEYS[2], ARGV[4], tonumber(ARGV[5])
local known = redis.call('HMGET', job, 'entry', 'ending_by', 'ending_ms')
if known[1] and known[1] ~= entry then return 'repeated' end
if whereabouts(job, entry) == 'elsewhere' then return 'elsewhere' end
if known[2] and known[2] ~= consumer and now_ms() - tonumber(known[3]) < patience_ms then
  redis.call('XCLAIM', stream, group, known[2], 0, entry, 'JUSTID')
  return 'elsewhere'
end
redis.call('HSET', job, 'entry', entry)
redis.call('HDEL', job, 'ending_by', 'ending_ms')
redis.call('PEXPIRE', job, keep_ms)
return 'begin'
`;

/** ARGV[4...]: the entries, one for each hash. Returns those that are elsewhere; the others count as alive. */
export const holdScript = `${prelude}
local lost = {}
for index = 2, #KEYS do
  local entry = ARGV[index + 2]
  local where = whereabouts(KEYS[index], entry)
  if where == 'elsewhere' then lost[#lost + 1] = entry end
  if where == 'here' then
    redis.call('XCLAIM', stream, group, consumer, 0, entry, 'JUSTID')
    redis.call('PEXPIRE', KEYS[index], keep_ms)
  end
end
return lost
`;

/** ARGV[4]: the entry. Returns 1 where this node may tell the end. */
export const claimEndScript = `${prelude}
local job, entry = KEYS[2], ARGV[4]
local where = whereabouts(job, entry)
if where == 'elsewhere' then return 0 end
if where == 'here' then redis.call('XCLAIM', stream, group, consumer, 0, entry, 'JUSTID') end
redis.call('HSET', job, 'entry', entry, 'ending_by', consumer, 'ending_ms', now_ms())
redis.call('PEXPIRE', job, keep_ms)
return 1
`;

/** Where the command of each job is. */
export const findScript = `${prelude}
local found = {}
for index = 2, #KEYS do
  local entry = redis.call('HGET', KEYS[index], 'entry')
  -- Where the command came over another bus, it is named otherwise.
  local is_ours_to_know = entry and string.match(entry, '^%d+%-%d+$')
  found[#found + 1] = is_ours_to_know and whereabouts(KEYS[index], entry) or 'forgotten'
end
return found
`;

/** KEYS[2]: the stream of what was set aside. ARGV[4]: the entry, its command, the reason, its deliveries, how many are kept. */
export const setAsideScript = `${prelude}
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[8], '*',
  'ce', ARGV[5], 'reason', ARGV[6], 'entry', ARGV[4], 'deliveries', ARGV[7])
redis.call('XACK', stream, group, ARGV[4])
redis.call('XDEL', stream, ARGV[4])
return 1
`;

/** ARGV[4]: the entry; ARGV[5]: how long it is to look idle, in ms; ARGV[6]: its deliveries before this one. */
export const giveBackScript = `${prelude}
if is_ours(ARGV[4]) then
  redis.call('XCLAIM', stream, group, consumer, 0, ARGV[4], 'IDLE', ARGV[5], 'RETRYCOUNT', ARGV[6], 'JUSTID')
end
return 1
`;
