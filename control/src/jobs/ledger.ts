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
  /** Seconds until an engine would begin a job that came now; null while nothing is known of the model's pace. */
  predictWait(job: Pick<Job, "model" | "priority">): number | null;
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
  attempt: number;
  slot: string | null;
  error: HumError | null;
}

/** Of media that is not decoded yet: speech is seldom sent with more than 32 kbit/s, or with less. */
const mediaBytesPerS = 4000;
const keptEnded = 1000;

const guessAudioS = ({ audio }: Job) => audio.durationS ?? audio.bytes / mediaBytesPerS;

export function createLedger(clock: Clock): Ledger {
  const throughput = createThroughput(clock);
  const open = new Map<string, Entry>();
  /** As they were when they ended: their audio is not kept. */
  const past = new Map<string, JobView>();
  const rank = ({ job }: Entry) => priorities.indexOf(job.priority);

  /** In the order in which they will run; the aging of the queue is left out. */
  const queue = () =>
    [...open.values()].filter(({ state }) => state === "waiting").toSorted((a, b) => rank(a) - rank(b));

  const waitFor = (model: string, ahead: readonly Entry[]) => {
    const before = ahead.filter((entry) => entry.job.model === model);
    return throughput.secondsFor(
      model,
      before.reduce((sum, { audioS }) => sum + audioS, 0),
    );
  };

  function view(entry: Entry, queued: readonly Entry[]): JobView {
    const { job, state } = entry;
    const position = state === "waiting" ? queued.indexOf(entry) : null;
    const waitS = position === null ? null : waitFor(job.model, queued.slice(0, position));
    const workS = throughput.secondsFor(job.model, entry.audioS);
    const isOpen = state === "waiting" || state === "running";
    return {
      id: job.id,
      request_id: job.requestId,
      state,
      model: job.model,
      priority: job.priority,
      position,
      estimated_wait_s: waitS,
      estimated_done_s: isOpen && workS !== null ? (waitS ?? 0) + workS : null,
      duration_s: entry.durationS,
      bytes: job.audio.bytes,
      age_s: (clock.monotonicMs() - entry.addedMs) / 1000,
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
      if (entry.state === "waiting") throughput.began(job.model);
      Object.assign(entry, { state: "running", attempt, slot });
    },
    ended(job, error) {
      const entry = open.get(job.id);
      if (entry === undefined) return;
      open.delete(job.id);
      if (entry.state === "running") throughput.ended(job.model, error === null ? entry.audioS : 0);
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
    predictWait: ({ model, priority }) =>
      waitFor(
        model,
        queue().filter((entry) => rank(entry) <= priorities.indexOf(priority)),
      ),
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
