/** What is told of the node, its models, processes and sinks: the schema of each system event's data. */
import { z } from "zod";
import { count, modelName, seconds } from "./common.ts";

const pid = z.int().nullable().describe("Null where no process runs.");
const exit = {
  exit_code: z.int().nullable().describe("Null where a signal ended it."),
  signal: z.string().nullable().describe("Such as SIGKILL; null where it ended by itself."),
};
const process = { slot: z.string(), pid };
const placement = {
  device: z.string().describe("Such as cpu or cuda:0."),
  compute_type: z.string().describe("Such as int8 or float16."),
};
const node = z.object({
  version: z.string(),
  capacity: count.describe("Jobs that can run at once."),
  spool_depth: count.describe("Events that a sink still waits for."),
});
const delivery = z.object({
  sink: z.string().describe("Its name in the configuration."),
  oldest_age_s: seconds.describe("Age of the oldest event that the sink still waits for."),
  depth: count.describe("Events that the sink still waits for."),
  reason: z.string().nullable().describe("What the bus answered last; null where it said nothing."),
});

export const system = {
  "model.loading": z.object({ model: modelName, ...placement }).describe("A model is about to be loaded."),
  "model.loaded": z
    .object({ model: modelName, ...placement, load_s: seconds, memory_bytes: z.number() })
    .describe("A model is ready for jobs."),
  "model.unloaded": z
    .object({ model: modelName, ...placement, reason: z.string() })
    .describe("A model has left memory."),
  "model.load_failed": z
    .object({ model: modelName, ...placement, reason: z.string() })
    .describe("A model could not be loaded."),
  "sidecar.started": z.object(process).describe("A process was started."),
  "sidecar.ready": z
    .object({
      ...process,
      versions: z.record(z.string(), z.string()).describe("Library name to version."),
    })
    .describe("A process takes work."),
  "sidecar.crashed": z
    .object({
      ...process,
      ...exit,
      inflight: z.array(z.string()).max(1024).describe("The job_id of each job that it took with it."),
    })
    .describe("A process ended without being asked to, or was ended because it hung or broke the protocol."),
  "sidecar.restarted": z
    .object({ ...process, backoff_s: seconds.describe("Waited before this start.") })
    .describe("A process was started in place of one that had crashed."),
  "sidecar.quarantined": z
    .object({ ...process, ...exit })
    .describe("A slot's processes crashed too often in a row: it is left alone for a while."),
  "sidecar.stopped": z.object({ ...process, ...exit }).describe("A process ended because it was asked to."),
  "node.started": node.describe("The node takes work."),
  "node.draining": node.describe("The node takes no more work, and finishes what it has."),
  "node.stopped": node.describe("The node is about to end."),
  "node.overloaded": node.describe("The node has begun to refuse work."),
  "delivery.degraded": delivery.describe("A sink has not taken events for a while; they are kept for it."),
  "delivery.recovered": delivery.describe("A sink takes events again."),
  "delivery.dropped": z
    .object({
      sink: z.string().describe("Its name in the configuration."),
      events: z.int().min(1).describe("How many it will not get."),
      first_position: count.describe("Place in the spool of the first of them."),
      last_position: count.describe("Place in the spool of the last of them."),
    })
    .describe(
      "A sink will not get these events: the spool was full of what it had not taken, or the bus can never take them.",
    ),
};
