/** A node as the suite needs it: a spool in a directory, the feed with one sink's pump, and a producer of small events. */
import type { SinkStatus } from "../../src/core/readiness.ts";
import type { Sink } from "../../src/events/sink.ts";
import type { EventPage, StoredEvent } from "../../src/events/spool/spool.ts";
import { openFeedRig } from "../feed-rig.ts";

export interface TestNode {
  /** One event; `index` decides on its name and its key. One that has so many characters of text is a model.load_failed. */
  tell(index: number, options?: { characters?: number }): void;
  /** `held` counts what is not yet in the spool too. */
  health(): SinkStatus;
  /** All that was ever told in this directory, oldest first; call it when nothing is held. */
  told(): Promise<StoredEvent[]>;
  /** Ends without waiting for what is held. */
  stop(): Promise<void>;
}

export interface NodeOptions {
  /** Holds the spool: the same one goes on where the last life ended. */
  dir: string;
  sink: Sink;
  types?: readonly string[];
}

export async function startNode({ dir, sink, types = ["*"] }: NodeOptions): Promise<TestNode> {
  const { feed, spool, close } = await openFeedRig(dir, { sinks: [{ ...sink, types }] });
  let stopped: Promise<void> | null = null;

  return {
    tell(index, { characters } = {}) {
      const key = `key-${index % 5}`;
      if (characters !== undefined || index % 3 === 2) {
        const reason = "x".repeat(characters ?? 20);
        feed.system("model.load_failed", key, { model: key, device: "cpu", compute_type: "int8", reason });
      } else if (index % 3 === 1) {
        feed.system("sidecar.ready", key, { slot: key, pid: index, versions: {} });
      } else {
        feed.system("sidecar.started", key, { slot: key, pid: index });
      }
    },
    health() {
      const [status] = feed.health();
      if (status === undefined) throw new Error("the node has one sink");
      return { ...status, held: status.held + spool.waiting() };
    },
    async told() {
      const events: StoredEvent[] = [];
      let page: EventPage = { events: [], through: 0 };
      do {
        page = await spool.read({
          after: page.through,
          limit: 10_000,
          maxCharacters: Number.MAX_SAFE_INTEGER,
          patterns: ["*"],
          jobId: null,
        });
        events.push(...page.events);
      } while (page.through < spool.bounds().last);
      return events;
    },
    stop() {
      stopped ??= close();
      return stopped;
    },
  };
}
