/**
 * A feed with the load of a scenario and no fault, in a thread of its own: what is late in it, the machine makes late. Answers
 * each message with how long each event took until it was safe, in milliseconds, since the message before.
 */
import { parentPort, workerData } from "node:worker_threads";
import { z } from "zod";
import { openFeedRig } from "../feed-rig.ts";
import { startLoad } from "./load.ts";

const { dir, ratePerS } = z.object({ dir: z.string(), ratePerS: z.number() }).parse(workerData);
const { feed } = await openFeedRig(dir, { sinks: [] });
const { latenciesMs } = startLoad(feed, { ratePerS });
let told = 0;
parentPort?.on("message", () => {
  parentPort?.postMessage(latenciesMs.slice(told));
  told = latenciesMs.length;
});
