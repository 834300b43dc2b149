/** The load: a steady stream of jobs' segments, each remembered with what was promised of it, and how long that took. */
import { setInterval as ticks } from "node:timers/promises";
import type { Segment } from "../../src/core/transcript.ts";
import { cloudEventSchema } from "../../src/events/envelope.ts";
import type { Feed } from "../../src/events/feed.ts";
import { testJob } from "../job.ts";
import type { Received, Told } from "./checker.ts";

export interface Load {
  /** In the order in which they were told. */
  readonly told: readonly Told[];
  /** Until each was safe, in the order in which they were. */
  readonly latenciesMs: readonly number[];
  /** Tells no more; resolves when each that was told is safe or has failed to be. */
  stop(): Promise<void>;
}

export const segment: Segment = {
  id: 0,
  seek: 0,
  tokens: [],
  start: 1.25,
  end: 4.5,
  text: " And so my fellow Americans, ask not what your country can do for you,",
  avg_logprob: -0.2345,
  no_speech_prob: 0.0123,
  compression_ratio: 1.2345,
  temperature: 0,
  words: null,
};

const jobs = 20;
const tickMs = 10;

function createTeller(feed: Feed, name: string) {
  const told: Told[] = [];
  const latenciesMs: number[] = [];
  const lives = Array.from({ length: jobs }, (_, index) => testJob(`${name}-${index}`));

  /** Resolves when it is safe or has failed to be. */
  async function tell(): Promise<void> {
    const job = lives[told.length % jobs] ?? testJob(name);
    const event = { key: job.id, mark: String(Math.floor(told.length / jobs)), isAccepted: false };
    told.push(event);
    const startedMs = performance.now();
    try {
      await feed.observe(job, { type: "segment", attempt: 1, index: Number(event.mark), segment });
      event.isAccepted = true;
      latenciesMs.push(performance.now() - startedMs);
    } catch {
      // Nothing was promised.
    }
  }

  return { told, latenciesMs, tell };
}

/** As many as are due go at once every few milliseconds, so that the pace holds however busy the machine is. */
export function startLoad(feed: Feed, { ratePerS, name = "job" }: { ratePerS: number; name?: string }): Load {
  const { told, latenciesMs, tell } = createTeller(feed, name);
  const open = new Set<Promise<void>>();
  const ending = new AbortController();

  async function run(): Promise<void> {
    const startedMs = performance.now();
    for await (const _ of ticks(tickMs, undefined, { signal: ending.signal })) {
      const due = ((performance.now() - startedMs) / 1000) * ratePerS;
      while (told.length < due) {
        const safe = tell().finally(() => open.delete(safe));
        open.add(safe);
      }
    }
  }

  const running = run().catch(() => undefined);
  return {
    told,
    latenciesMs,
    async stop() {
      ending.abort();
      await running;
      await Promise.all(open);
    },
  };
}

export interface Burst {
  events: number;
  name: string;
  /** Each tells its next event as soon as the one before is safe. */
  producers?: number;
}

/** As fast as they become safe. */
export async function tellAll(feed: Feed, { events, name, producers = 512 }: Burst): Promise<readonly Told[]> {
  const { told, tell } = createTeller(feed, name);
  const produce = async () => {
    while (told.length < events) await tell();
  };
  await Promise.all(Array.from({ length: producers }, produce));
  return told;
}

/** What a consumer makes of an event of the load; null for any other event. */
export function receivedOf(json: string): Received | null {
  const event = cloudEventSchema.parse(JSON.parse(json));
  if (!event.type.startsWith("io.humhelix.transcription.segment.")) return null;
  const { id, source, partitionkey: key, data } = event;
  return { id, source, sequence: Number(event.sequence ?? 0), key, mark: String((data as { index: number }).index) };
}
