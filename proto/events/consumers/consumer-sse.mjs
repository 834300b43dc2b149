/**
 * Follows transcriptions over HTTP, without a broker and without a package: server-sent events out of the node's spool.
 *
 * In three lines, for whoever needs no more than what comes from now on:
 *
 *     const { body } = await fetch("http://127.0.0.1:8000/v1/events?stream=true&type=transcription.*");
 *     for await (const text of body.pipeThrough(new TextDecoderStream()))
 *       process.stdout.write(text);
 */
import { setTimeout as delay } from "node:timers/promises";
import { isNew, openInbox, transact } from "./inbox.mjs";
import { headers, node, tell } from "./transcript.mjs";

const inbox = openInbox(process.env.INBOX ?? "inbox.db");
const readPlace = inbox.prepare("SELECT id FROM place WHERE feed = ?");
const writePlace = inbox.prepare("INSERT OR REPLACE INTO place VALUES (?, ?)");

/** Goes on behind the last event that was dealt with; the first time, with the oldest that the node has. */
async function follow() {
  const place = readPlace.get(node)?.id ?? "0";
  const answer = await fetch(`${node}/v1/events?type=transcription.*`, {
    headers: { ...headers, accept: "text/event-stream", "last-event-id": place },
  });
  if (!answer.ok) throw new Error(`${node} answered ${answer.status}: ${await answer.text()}`);
  let rest = "";
  for await (const text of answer.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop();
    await transact(inbox, async () => {
      for (const block of blocks) await take(block);
    });
  }
}

async function take(block) {
  const { id, data } = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/, 2)));
  // Without an id it is a sign of life, or an event that is not kept, such as `transcription.progress`.
  if (id === undefined) return;
  const event = JSON.parse(data);
  if (isNew(inbox, event)) await tell(event);
  writePlace.run(node, id);
}

for (;;) {
  await follow().catch((error) => console.error(`trying again in a second: ${error.message}`));
  await delay(1000);
}
