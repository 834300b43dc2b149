/** Tells when a sink falls behind, and when it has caught up: as events, and as gauges. */
import type { Metrics } from "../core/metrics.ts";
import type { EventData } from "./catalogue.ts";
import type { Pump } from "./pump.ts";
import type { Spool } from "./spool/spool.ts";

export interface Alarm {
  start(): void;
  stop(): void;
}

export interface AlarmOptions {
  spool: Pick<Spool, "usedBytes">;
  pumps: readonly Pick<Pump, "health">[];
  metrics: Pick<Metrics, "eventsHeld" | "eventsOldest" | "spoolBytes">;
  tell(name: "delivery.degraded" | "delivery.recovered", sink: string, data: EventData<"delivery.degraded">): void;
}

/** An event that waits longer than this is late; a sink has caught up only well below it, so that it does not waver. */
const lateS = 5;
const inTimeS = 1;
const everyMs = 1_000;

export function createAlarm(options: AlarmOptions): Alarm {
  const { spool, pumps, metrics, tell } = options;
  const degraded = new Set<string>();
  let timer: NodeJS.Timeout | null = null;

  function look(): void {
    metrics.spoolBytes.set(spool.usedBytes());
    for (const pump of pumps) {
      const { sink, held, oldest_age_s, reason } = pump.health();
      metrics.eventsHeld.set({ sink }, held);
      metrics.eventsOldest.set({ sink }, oldest_age_s);
      const wasLate = degraded.has(sink);
      const isLate = oldest_age_s > (wasLate ? inTimeS : lateS);
      if (isLate === wasLate) continue;
      if (isLate) degraded.add(sink);
      else degraded.delete(sink);
      tell(isLate ? "delivery.degraded" : "delivery.recovered", sink, { sink, oldest_age_s, depth: held, reason });
    }
  }

  return {
    start() {
      timer = setInterval(look, everyMs);
      timer.unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
    },
  };
}
