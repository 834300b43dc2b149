/**
 * The webhook sink: one request per event, many keys at a time, each key in order. An event that the receiver refuses
 * holds back its own key only, as far as a batch reaches; a receiver that takes nothing is asked by one request at a time.
 */
import { type Clock, systemClock } from "../../core/clock.ts";
import type { SettingsOf } from "../../core/sink-settings.ts";
import { toError } from "../../core/to-error.ts";
import { createWebhookClient, type WebhookClient } from "../clients/webhook.ts";
import { retryDelayMs } from "../retry.ts";
import type { Delivery, Outgoing, Sink, Stop } from "../sink.ts";
import type { SinkContext } from "./context.ts";
import { createTrials, type WebhookPace, webhookPace } from "./webhook-trials.ts";

export interface WebhookContext extends SinkContext {
  clock?: Clock;
  pace?: WebhookPace;
}

interface Connected {
  client: WebhookClient;
  closing: AbortSignal;
}

/** Most that is believed of what a receiver asks for by `Retry-After`. */
const maxPauseMs = 60 * 60 * 1000;
/** Failures, without a success, after which a batch tries no further. */
const doubtfulAfter = 8;
/** A batch as large as this has no room for newer events while its first cannot be delivered. */
const full = { events: 256, characters: 512 * 1024 };
/** Answers that speak of the event, rather than of the receiver's state or of who may ask it. */
const aboutTheEvent = new Set([400, 409, 413, 415, 422, 500, 501]);

export function createWebhookSink(settings: SettingsOf<"webhook">, context: WebhookContext): Sink {
  const { name = settings.kind, max_in_flight: maxInFlight } = settings;
  const { clock = systemClock, pace = webhookPace } = context;
  const trials = createTrials({ clock, pace: pace.retry });
  const statusOf = new WeakMap<Error, number>();
  /** Whether nothing was taken the last time that anything was tried: then one event is tried before all others. */
  let doubtful = false;
  /** Nothing is tried before. */
  let resumeMs = 0;
  let lastError = new Error("the receiver was not tried yet");

  function connect(): WebhookClient {
    return createWebhookClient({
      url: settings.url,
      secret: settings.secret ?? null,
      headers: settings.headers,
      userAgent: `hum-helix/${context.version}`,
      timeoutMs: settings.timeout_s * 1000,
    });
  }

  /** Hands over what may be tried now; resolves with the reason where the receiver wants no more. */
  async function send(batch: readonly Outgoing[], { client, closing }: Connected): Promise<string | null> {
    let gone: string | null = null;
    let halted = false;
    let taken = 0;
    let refused = 0;

    /** Whether the receiver has taken it. */
    async function attempt(event: Outgoing): Promise<boolean> {
      try {
        const { status, retryAfterMs } = await client.post({ id: event.id, body: event.json });
        if (status >= 200 && status < 300) {
          trials.delivered(event);
          taken += 1;
          return true;
        }
        lastError = refusal(status);
        if (status === 410) gone = lastError.message;
        if (status === 410) halted = true;
        if ((status === 429 || status === 503) && retryAfterMs !== null) {
          halted = true;
          pause(Math.min(retryAfterMs, maxPauseMs));
        }
      } catch (error) {
        // Nothing against the event: we ourselves cut it off.
        if (closing.aborted) return false;
        // Nobody is there, or nobody answers: the others would wait in vain as well.
        halted = true;
        lastError = toError(error);
      }
      refused += 1;
      if (refused >= doubtfulAfter && taken === 0) halted = true;
      trials.failed(event, lastError);
      return false;
    }

    const ready = () => {
      const nowMs = clock.monotonicMs();
      return lanesOf(batch).filter(([first]) => first !== undefined && trials.dueMs(first) <= nowMs);
    };
    if (doubtful) {
      const due = ready().flatMap(([first]) => first ?? []);
      const probe = due.sort((a, b) => trials.dueMs(a) - trials.dueMs(b))[0];
      if (probe === undefined) return null;
      if (await attempt(probe)) trials.hurry();
      else halted = true;
    }
    const lanes = ready().values();
    const work = async () => {
      for (const lane of lanes) {
        for (const event of lane) if (halted || closing.aborted || !(await attempt(event))) break;
      }
    };
    await Promise.all(Array.from({ length: maxInFlight }, work));
    if (taken > 0) doubtful = false;
    else if (refused > 0) {
      doubtful = true;
      pause(retryDelayMs(pace.retry, { failures: 1, refused: false }));
    }
    return gone;
  }

  function pause(waitMs: number): void {
    resumeMs = Math.max(resumeMs, clock.monotonicMs() + waitMs);
  }

  /** What is not delivered, by partition key. */
  function lanesOf(batch: readonly Outgoing[]): Outgoing[][] {
    const open = batch.filter((event) => !trials.isDelivered(event));
    return [...Map.groupBy(open, ({ partitionKey }) => partitionKey).values()];
  }

  function refusal(status: number): Error {
    const hint = status >= 300 && status < 400 ? ": redirects are not followed, the URL must be the final one" : "";
    const error = new Error(`the receiver answered ${status}${hint}`);
    statusOf.set(error, status);
    return error;
  }

  /** Whether all of a full batch is either delivered, most of it, or must wait. */
  function isCrowded(batch: readonly Outgoing[]): boolean {
    const characters = batch.reduce((sum, { json }) => sum + json.length, 0);
    if (batch.length < full.events && characters < full.characters) return false;
    const delivered = batch.filter(trials.isDelivered).length;
    return (
      delivered * 2 >= batch.length && lanesOf(batch).every(([first]) => first && trials.failureOf(first) !== null)
    );
  }

  /** Why the batch does not go on with `next`. */
  function stopAt(next: Outgoing, batch: readonly Outgoing[]): Stop {
    const failure = trials.failureOf(next);
    if (failure === null) return { kind: "failed", error: lastError };
    const { failures, lastedMs, error } = failure;
    const impatient = aboutTheEvent.has(statusOf.get(error) ?? 0) && isCrowded(batch);
    if (lastedMs < (impatient ? pace.crowdedPatienceMs : pace.patienceMs)) return { kind: "failed", error };
    const minutes = Math.round(lastedMs / 60_000);
    return { kind: "unfit", reason: `${error.message}, the last of ${failures} tries in ${minutes} minutes` };
  }

  return {
    name,
    remembersMs: 0,
    async open(signal) {
      signal.throwIfAborted();
      // There is nothing to connect to. While nothing would be tried, the sink says so here, and nothing is read for it.
      if (clock.monotonicMs() < resumeMs) throw lastError;
      const client = connect();
      const closing = new AbortController();
      const closed = Promise.withResolvers<Error>();
      return {
        async deliver(batch): Promise<Delivery> {
          const [first] = batch;
          if (first !== undefined) trials.forgetBefore(first.position);
          const gone = clock.monotonicMs() < resumeMs ? null : await send(batch, { client, closing: closing.signal });
          const rest = batch.findIndex((event) => !trials.isDelivered(event));
          const delivered = rest < 0 ? batch.length : rest;
          const next = batch[delivered];
          const last = batch[delivered - 1];
          let stopped: Stop | null = null;
          if (next !== undefined) stopped = gone === null ? stopAt(next, batch) : { kind: "gone", reason: gone };
          if (last !== undefined) trials.forgetBefore(last.position + 1);
          return { delivered, duplicates: 0, stopped };
        },
        closed: closed.promise,
        async close() {
          closing.abort();
          client.close();
          closed.resolve(new Error("the webhook was closed"));
        },
      };
    },
    isRefusal: (error) => refusals.has(statusOf.get(error) ?? 0),
  };
}

/** Answers that only a change of the settings, here or there, will change. */
const refusals = new Set([301, 302, 303, 307, 308, 401, 403, 404, 405]);
