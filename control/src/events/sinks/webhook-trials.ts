/** What a webhook remembers of the events that it was offered: which the receiver has, and when to try the others again. */
import type { Clock } from "../../core/clock.ts";
import { type RetryPace, retryDelayMs } from "../retry.ts";
import type { Outgoing } from "../sink.ts";

export interface WebhookPace {
  /** Between two tries of one event, and between two tries at all while the receiver takes nothing. */
  retry: RetryPace;
  /** How long an event is tried that holds back no more than its own partition key. */
  patienceMs: number;
  /** How long one is tried that the receiver refuses for what it is, and behind which nothing else can follow. */
  crowdedPatienceMs: number;
}

const minuteMs = 60_000;

export const webhookPace: WebhookPace = {
  retry: { firstMs: 5_000, maxMs: 15 * minuteMs, refusedMs: 15 * minuteMs },
  patienceMs: 24 * 60 * minuteMs,
  crowdedPatienceMs: 10 * minuteMs,
};

interface Trial {
  position: number;
  delivered: boolean;
  failures: number;
  firstFailedMs: number;
  dueMs: number;
  error: Error;
}

export interface Trials {
  /** The cursor has come here: what lies before is offered again only if somebody asks for it, and then to be sent. */
  forgetBefore(position: number): void;
  isDelivered(event: Outgoing): boolean;
  delivered(event: Outgoing): void;
  failed(event: Outgoing, error: Error): void;
  /** When it may be tried, on the monotonic clock. */
  dueMs(event: Outgoing): number;
  /** All that failed may be tried at once. */
  hurry(): void;
  /** How often, for how long and why the event has failed; null where it has not. */
  failureOf(event: Outgoing): { failures: number; lastedMs: number; error: Error } | null;
}

/** By id: an event that was delivered ahead of one that failed is not sent again, however often both are offered. */
export function createTrials(options: { clock: Clock; pace: RetryPace }): Trials {
  const { clock, pace } = options;
  const trials = new Map<string, Trial>();
  const never = new Error("never tried");

  return {
    forgetBefore(position) {
      for (const [id, trial] of trials) if (trial.position < position) trials.delete(id);
    },
    isDelivered: ({ id }) => trials.get(id)?.delivered === true,
    delivered({ id, position }) {
      trials.set(id, { position, delivered: true, failures: 0, firstFailedMs: 0, dueMs: 0, error: never });
    },
    failed({ id, position }, error) {
      const nowMs = clock.monotonicMs();
      const { failures: before, firstFailedMs } = trials.get(id) ?? { failures: 0, firstFailedMs: nowMs };
      const failures = before + 1;
      const dueMs = nowMs + retryDelayMs(pace, { failures, refused: false });
      trials.set(id, { position, delivered: false, failures, firstFailedMs, dueMs, error });
    },
    dueMs: ({ id }) => trials.get(id)?.dueMs ?? 0,
    hurry() {
      for (const trial of trials.values()) trial.dueMs = 0;
    },
    failureOf({ id }) {
      const trial = trials.get(id);
      if (trial === undefined || trial.delivered) return null;
      const { failures, firstFailedMs, error } = trial;
      return { failures, lastedMs: clock.monotonicMs() - firstFailedMs, error };
    },
  };
}
