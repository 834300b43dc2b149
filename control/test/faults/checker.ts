/** The checker: what went wrong between what producers were promised and what a consumer then read. Pure, as in Jepsen. */

/** One event as its producer knows it: what it is of its key, in the order in which the producer told. */
export interface Told {
  key: string;
  /** Unique within its key. */
  mark: string;
  /** Whether the producer was promised that it is safe. One that was not may be there, or not. */
  isAccepted: boolean;
}

/** One event as a consumer read it, in the order in which it did. */
export interface Received {
  id: string;
  source: string;
  /** 0 where the bus told none. */
  sequence: number;
  key: string;
  mark: string;
}

export interface SequenceVerdict {
  /** Steps over at least one sequence of a source. */
  gaps: number;
  /** Sequences of a source that came after a later one, or again. */
  inversions: number;
}

export interface Verdict extends SequenceVerdict {
  /** Accepted and never received. */
  lost: number;
  /** Received and never told. */
  invented: number;
  /** Received again, whether with the same id or as another event that says the same. */
  duplicates: number;
  /** Events of a key that came after one that was told later. */
  misordered: number;
}

export const flawless: Verdict = { lost: 0, invented: 0, duplicates: 0, gaps: 0, inversions: 0, misordered: 0 };

const nameOf = ({ key, mark }: Pick<Told, "key" | "mark">) => JSON.stringify([key, mark]);

export function checkSequences(received: readonly Pick<Received, "source" | "sequence">[]): SequenceVerdict {
  const last = new Map<string, number>();
  let [gaps, inversions] = [0, 0];
  for (const { source, sequence } of received) {
    const before = last.get(source) ?? 0;
    if (sequence <= before) inversions += 1;
    else if (sequence > before + 1) gaps += 1;
    last.set(source, Math.max(before, sequence));
  }
  return { gaps, inversions };
}

export function check({ told, received }: { told: readonly Told[]; received: readonly Received[] }): Verdict {
  const verdict = { ...flawless };
  const placeOf = new Map(told.map((event, place) => [nameOf(event), place]));
  const ids = new Set<string>();
  const names = new Set<string>();
  const first: Received[] = [];
  const lastPlace = new Map<string, number>();
  for (const event of received) {
    const name = nameOf(event);
    const place = placeOf.get(name);
    if (place === undefined) verdict.invented += 1;
    if (ids.has(event.id) || names.has(name)) {
      verdict.duplicates += 1;
      continue;
    }
    ids.add(event.id);
    names.add(name);
    first.push(event);
    if (place === undefined) continue;
    if (place < (lastPlace.get(event.key) ?? -1)) verdict.misordered += 1;
    lastPlace.set(event.key, Math.max(place, lastPlace.get(event.key) ?? -1));
  }
  verdict.lost = told.filter((event) => event.isAccepted && !names.has(nameOf(event))).length;
  return { ...verdict, ...checkSequences(first) };
}

/** One event of a job, in the order of its stream. */
export interface JobEventSeen {
  id: string;
  jobId: string;
  /** `transcription.<verb>` */
  name: string;
}

export interface JobVerdict {
  /** Accepted, and no event tells of it. */
  unheard: number;
  /** Accepted or requested, and without a terminal event. */
  endless: number;
  /** With more than one terminal event. */
  endedTwice: number;
  /** Events that came after the end of their job. */
  late: number;
  /** Answered with a transcript, and not completed by what the events say. */
  disowned: number;
}

export const flawlessJobs: JobVerdict = { unheard: 0, endless: 0, endedTwice: 0, late: 0, disowned: 0 };

const terminal = new Set(["transcription.completed", "transcription.failed", "transcription.cancelled"]);

export interface JobHistory {
  /** Jobs that a client was told the id of. */
  accepted: readonly string[];
  /** Those of them whose transcript a client has had. */
  answered: readonly string[];
  seen: readonly JobEventSeen[];
}

/** An event that is read again is looked at once. */
export function checkJobs({ accepted, answered, seen }: JobHistory): JobVerdict {
  const events = new Map(seen.map((event) => [event.id, event]));
  const ends = new Map<string, number>();
  const completed = new Set<string>();
  let late = 0;
  for (const { jobId, name } of events.values()) {
    const before = ends.get(jobId) ?? 0;
    if (name === "transcription.completed") completed.add(jobId);
    if (terminal.has(name)) ends.set(jobId, before + 1);
    else if (before > 0) late += 1;
    else ends.set(jobId, 0);
  }
  const all = new Set([...accepted, ...ends.keys()]);
  return {
    unheard: accepted.filter((jobId) => !ends.has(jobId)).length,
    endless: [...all].filter((jobId) => ends.get(jobId) === 0).length,
    endedTwice: [...ends.values()].filter((count) => count > 1).length,
    late,
    disowned: answered.filter((jobId) => !completed.has(jobId)).length,
  };
}
