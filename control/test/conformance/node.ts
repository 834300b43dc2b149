/** A node as the suite needs it: a spool in a directory, one sink with its pump, and a producer of small events. */
import { setTimeout as delay } from "node:timers/promises";
import type { SinkStatus } from "../../src/core/readiness.ts";
import { seal } from "../../src/events/envelope.ts";
import type { Outgoing, Sink } from "../../src/events/sink.ts";

export interface TestNode {
  /** One event; `index` decides on its name and its key, and is in its data. */
  tell(index: number, options?: { characters?: number }): void;
  health(): SinkStatus;
  /** All that was ever told in this directory, oldest first. */
  told(): Promise<Told[]>;
  /** Ends without waiting for what is held. */
  stop(): Promise<void>;
}

export interface Told {
  name: string;
  id: string;
  partitionKey: string;
  json: string;
}

export interface NodeOptions {
  /** Holds the spool: the same one goes on where the last life ended. */
  dir: string;
  sink: Sink;
  types?: readonly string[];
}

/** Interim: the spool of this process and a pump of twenty lines. */
const spools = new Map<string, { events: Outgoing[]; cursor: number }>();
export const names = ["sidecar.started", "sidecar.ready", "model.load_failed"] as const;

export async function startNode({ dir, sink, types = ["*"] }: NodeOptions): Promise<TestNode> {
  const spool = spools.get(dir) ?? { events: [], cursor: 0 };
  spools.set(dir, spool);
  const { events } = spool;
  const ending = new AbortController();
  const status: SinkStatus = { sink: sink.name, state: "connecting", held: 0, dropped: 0, reason: null };
  const wants = types.map((type) => new RegExp(`^${type.replaceAll(".", "\\.").replaceAll("*", ".*")}$`));
  const source = "/humhelix/test/0/system";
  let failures = 0;

  async function pump(): Promise<void> {
    const connection = await sink.open(ending.signal);
    const leave = () => void connection.close();
    ending.signal.addEventListener("abort", leave);
    try {
      let dead: Error | null = null;
      void connection.closed.then((error) => {
        dead = error;
      });
      let recall = true;
      while (!ending.signal.aborted) {
        if (recall && connection.recall !== undefined) {
          const last = (await connection.recall([source])).get(source) ?? 0;
          spool.cursor = Math.min(spool.cursor, last);
        }
        recall = false;
        status.state = "connected";
        status.reason = null;
        const wanted = events.filter(({ name }) => wants.some((want) => want.test(name)));
        const batch = wanted
          .map((event, index) => ({ ...event, predecessor: wanted[index - 1]?.sequence ?? 0 }))
          .filter(({ position }) => position > spool.cursor)
          .slice(0, 256);
        if (batch.length === 0) {
          if (dead !== null) throw dead;
          await delay(5);
          continue;
        }
        const { delivered, stopped } = await connection.deliver(batch);
        failures = 0;
        spool.cursor = batch[delivered - 1]?.position ?? spool.cursor;
        if (stopped?.kind === "failed") throw stopped.error;
        if (stopped?.kind === "gap") recall = true;
        if (stopped?.kind === "unfit") spool.cursor = batch[delivered]?.position ?? spool.cursor;
      }
    } finally {
      ending.signal.removeEventListener("abort", leave);
      await connection.close();
    }
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      await pump().catch((error: Error) => {
        failures += 1;
        status.state = failures > 3 ? "down" : "connecting";
        status.reason = error.message;
      });
      await delay(50);
    }
  }
  const running = run();

  return {
    tell(index, { characters = 20 } = {}) {
      const name = names[index % names.length] ?? names[0];
      const subjectId = `key-${index % 5}`;
      const sequence = events.length + 1;
      const data = { model: subjectId, device: "cpu", compute_type: "int8", reason: "x".repeat(characters) };
      const facts = { name: "model.load_failed", subjectId, source, sequence, requestId: null } as const;
      const event = seal({ ...facts, wallMs: Date.now(), data });
      const { id, type, partitionkey: partitionKey } = event;
      const order = { position: sequence, sequence, predecessor: 0 };
      events.push({ stream: "system", name, id, type, source, partitionKey, json: JSON.stringify(event), ...order });
    },
    health: () => ({ ...status, held: events.filter(({ position }) => position > spool.cursor).length }),
    told: async () => [...events],
    async stop() {
      ending.abort();
      await running;
    },
  };
}
