/** The fault suite: every scenario, by the row of the design's table that it proves. */
import { brokenDisk } from "./broken-disk.ts";
import { clockJumps } from "./clock-jumps.ts";
import { deadSink } from "./dead-sink.ts";
import { longOutage } from "./long-outage.ts";
import { lossyLink } from "./lossy-link.ts";
import { nodeKills } from "./node-kills.ts";
import { redisRestarts } from "./redis-restarts.ts";
import { redisRefuses } from "./refusals.ts";
import type { Scenario } from "./scenario.ts";
import { spoolModel } from "./spool-model.ts";

export const suite: readonly Scenario[] = [
  redisRestarts,
  lossyLink,
  nodeKills,
  longOutage,
  redisRefuses,
  brokenDisk,
  deadSink,
  spoolModel,
  clockJumps,
];
