/** What every sink is made with beside its settings. */
import type { Log } from "../../core/log.ts";

export interface SinkContext {
  /** The node's name, as in the events' `source`. */
  node: string;
  /** Of hum-helix. */
  version: string;
  log: Log;
}
