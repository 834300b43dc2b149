/**
 * Follows transcriptions in a consumer group of Redis: no event is lost when this program, the node or Redis ends.
 *
 * In three lines, for whoever needs no more than what comes from now on:
 *
 *     const feed = new Redis(url);
 *     feed.on("pmessage", (_pattern, _channel, json) => console.log(JSON.parse(json).type));
 *     await feed.psubscribe("humhelix.events.transcription.*");
 *
 * Needs ioredis from npm. Several of these may share the work: each takes what no other has, under a CONSUMER of its own.
 */
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { isNew, openInbox, transact } from "./inbox.mjs";
import { tell } from "./transcript.mjs";

const url = process.env.REDIS_URL ?? readFileSync(".hum/data/redis.url", "utf8").trim();
const stream = "{humhelix}:events:v1:transcription";
const group = "consumer.mjs";
const name = process.env.CONSUMER ?? "only";
/** Longer than the work on one batch takes: what somebody holds for longer was left by a consumer that died. */
const claimAfterMs = Number(process.env.CLAIM_AFTER_MS ?? 60_000);

const inbox = openInbox(process.env.INBOX ?? "inbox.db");

/** Ends only by the error of a lost connection, or of a group that is gone as Redis was emptied. */
async function follow(bus) {
  await bus.xgroup("CREATE", stream, group, "0", "MKSTREAM").catch((error) => {
    if (!error.message.startsWith("BUSYGROUP")) throw error;
  });
  // First what this consumer was given before and has not acknowledged, then what is new.
  for (let place = "0"; ; ) {
    const left = place === ">" ? (await bus.xautoclaim(stream, group, name, claimAfterMs, "0", "COUNT", 100))[1] : [];
    const given = await bus.xreadgroup("GROUP", group, name, "COUNT", 100, "BLOCK", 2000, "STREAMS", stream, place);
    const entries = given?.[0][1] ?? [];
    if (entries.length === 0) place = ">";
    const batch = [...left, ...entries];
    if (batch.length === 0) continue;
    await transact(inbox, async () => {
      for (const [, fields] of batch) {
        // An entry without fields was trimmed before it was acknowledged.
        const event = fields && JSON.parse(fields[fields.indexOf("ce") + 1]);
        if (event && isNew(inbox, event)) await tell(event);
      }
    });
    await bus.xack(stream, group, ...batch.map(([entry]) => entry));
  }
}

for (;;) {
  // A read that ioredis itself sends again would pass over what the first one was given: each connection begins anew.
  const bus = new Redis(url, { retryStrategy: null, socketTimeout: 10_000 });
  let reason = "";
  bus.on("error", (error) => (reason = error.message));
  await follow(bus).catch((error) => console.error(`trying again in a second: ${error.message} ${reason}`));
  bus.disconnect();
  await delay(1000);
}
