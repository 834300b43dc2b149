/** The ledger of jobs: who waits, who is in work and who has ended lately; how much waits, and for how long. */
import type { Clock } from "../core/clock.ts";
import type { HumError } from "../core/errors.ts";
import { type Job, priorities } from "../core/job.ts";
import type { JobView } from "../core/job-view.ts";
import { createThroughput } from "./throughput.ts";

export interface Load {
  count: number;
  audioS: number;
  bytes: number;
}

/** What a prediction hangs on. */
export interface Prospect extends Pick<Job, "model" | "priority"> {
  audioS: number;
}

export interface Prediction {
  /** An engine would begin at once. */
  hasRoom: boolean;
  /** Seconds until an engine would begin. */
  waitS: number;
  /** Seconds that it would then take, beside as many others as lately. */
  workS: number;
}

export interface Ledger {
  add(job: Job): void;
  /** Its audio is decoded, and lasts so long. */
  measured(job: Job, durationS: number): void;
  /** An engine has it; again for each attempt. */
  began(job: Job, at: { attempt: number; slot: string }): void;
  ended(job: Job, error: HumError | null): void;
  /** What waits for an engine. */
  waiting(): Load;
  inWork(): number;
  /**
   * What would become of a job that came now, where engines have room for `free` more; null while nothing is known of
   * the model's pace.
   */
  predict(job: Prospect, options: { free: number }): Prediction | null;
  /** Those that wait in the order in which they will run, behind those in work; then the ended ones, the latest first. */
  list(): JobView[];
  find(id: string): JobView | null;
}

interface Entry {
  job: Job;
  state: JobView["state"];
  audioS: number;
  durationS: number | null;
  addedMs: number;
  beganMs: number;
  attempt: number;
  slot: string | null;
  error: HumError | null;
}

/** Of media that is not decoded yet: speech is seldom sent with more than 32 kbit/s, or with less. */
const mediaBytesPerS = 4000;
const keptEnded = 1000;

/**
 * What a job costs, in seconds of speech decoded. Whisper encodes whole windows of 30 s, however little is in them, and on a
 * CPU an encoding takes as long as decoding 25 s of speech (measured: `base`, int8, beam 5).
 */
const windowS = 30;
const encodingS = 25;
const workOf = (audioS: number) => audioS + encodingS * Math.ceil(audioS / windowS);

export const guessAudioS = ({ audio }: Pick<Job, "audio">) => audio.durationS ?? audio.bytes / mediaBytesPerS;

export function createLedger(clock: Clock): Ledger {
  const throughput = createThroughput(clock);
  const open = new Map<string, Entry>();
  /** As they were when they ended: their audio is not kept. */
  const past = new Map<string, JobView>();
  const rank = ({ job }: Entry) => priorities.indexOf(job.priority);

  /** In the order in which they will run; the aging of the queue is left out. */
  const queue = () =>
    [...open.values()].filter(({ state }) => state === "waiting").toSorted((a, b) => rank(a) - rank(b));

  const secondsSince = (ms: number) => (clock.monotonicMs() - ms) / 1000;

  /** Until a job in work is done; null while nothing is known. */
  const leftOf = ({ job, audioS, beganMs }: Entry) => {
    const workS = throughput.serviceFor(job.model, workOf(audioS));
    return workS === null ? null : Math.max(0, workS - secondsSince(beganMs));
  };

  /** Until the first of those in work makes room, and then until those ahead have gone. */
  const waitFor = (model: string, ahead: readonly Entry[]) => {
    const of = (entry: Entry) => entry.job.model === model;
    const running = [...open.values()].filter((entry) => entry.state === "running" && of(entry));
    const roomS = running.length === 0 ? 0 : Math.min(...running.map((entry) => leftOf(entry) ?? 0));
    const work = ahead.filter(of).reduce((sum, { audioS }) => sum + workOf(audioS), 0);
    const seconds = throughput.secondsFor(model, work);
    return seconds === null ? null : roomS + seconds;
  };

  function view(entry: Entry, queued: readonly Entry[]): JobView {
    const { job, state } = entry;
    const position = state === "waiting" ? queued.indexOf(entry) : null;
    const waitS = position === null ? null : waitFor(job.model, queued.slice(0, position));
    const workS = throughput.serviceFor(job.model, workOf(entry.audioS));
    const doneS = waitS === null || workS === null ? null : waitS + workS;
    return {
      id: job.id,
      request_id: job.requestId,
      state,
      model: job.model,
      priority: job.priority,
      position,
      estimated_wait_s: waitS,
      estimated_done_s: state === "running" ? leftOf(entry) : doneS,
      duration_s: entry.durationS,
      bytes: job.audio.bytes,
      age_s: secondsSince(entry.addedMs),
      attempt: entry.attempt,
      slot: entry.slot,
      error: entry.error?.toFailure() ?? null,
    };
  }

  return {
    add(job) {
      const addedMs = clock.monotonicMs();
      const { durationS } = job.audio;
      const facts = {
        state: "waiting",
        audioS: guessAudioS(job),
        durationS,
        beganMs: 0,
        attempt: 0,
        slot: null,
        error: null,
      } as const;
      open.set(job.id, { job, addedMs, ...facts });
    },
    measured(job, durationS) {
      const entry = open.get(job.id);
      if (entry !== undefined) Object.assign(entry, { durationS, audioS: durationS });
    },
    began(job, { attempt, slot }) {
      const entry = open.get(job.id);
      if (entry === undefined) return;
      if (entry.state === "waiting") {
        throughput.began(job.model);
        entry.beganMs = clock.monotonicMs();
      }
      Object.assign(entry, { state: "running", attempt, slot });
    },
    ended(job, error) {
      const entry = open.get(job.id);
      if (entry === undefined) return;
      open.delete(job.id);
      if (entry.state === "running") {
        const work = error === null ? workOf(entry.audioS) : 0;
        throughput.ended(job.model, { work, tookS: secondsSince(entry.beganMs) });
      }
      past.set(job.id, view({ ...entry, state: error === null ? "done" : "failed", error }, []));
      const [oldest] = past.keys();
      if (past.size > keptEnded && oldest !== undefined) past.delete(oldest);
    },
    waiting() {
      const entries = queue();
      return {
        count: entries.length,
        audioS: entries.reduce((sum, { audioS }) => sum + audioS, 0),
        bytes: entries.reduce((sum, { job }) => sum + job.audio.bytes, 0),
      };
    },
    inWork: () => [...open.values()].filter(({ state }) => state === "running").length,
    predict({ model, priority, audioS }, { free }) {
      const ahead = queue().filter((entry) => entry.job.model === model && rank(entry) <= priorities.indexOf(priority));
      const hasRoom = ahead.length < free;
      const waitS = hasRoom ? 0 : waitFor(model, ahead);
      const workS = throughput.serviceFor(model, workOf(audioS));
      return waitS === null || workS === null ? null : { hasRoom, waitS, workS };
    },
    list() {
      const queued = queue();
      const running = [...open.values()].filter(({ state }) => state === "running");
      return [...[...running, ...queued].map((entry) => view(entry, queued)), ...[...past.values()].reverse()];
    },
    find(id) {
      const entry = open.get(id);
      return entry === undefined ? (past.get(id) ?? null) : view(entry, queue());
    },
  };
}
