/** A job's transcript put together again from its own events, as long as the spool keeps them. */
import type { EventData, EventName } from "./catalogue.ts";
import type { Spool, StoredEvent } from "./spool/spool.ts";

/** What GET /v1/transcripts/{id} answers: what `dataref` of an event too large for a bus points to. */
export interface TranscriptView {
  object: "transcript";
  job_id: string;
  request_id: string;
  status: "requested" | "running" | "completed" | "failed" | "cancelled";
  /** Null until it is completed. */
  text: string | null;
  segments: Omit<EventData<"transcription.segment">, "request_id" | "job_id" | "attempt">[];
  /** Each null where that has not happened, or the spool has let go of it. */
  requested: EventData<"transcription.requested"> | null;
  completed: Omit<EventData<"transcription.completed">, "text"> | null;
  error: EventData<"transcription.failed">["error"] | null;
}

const pageLimit = { limit: 1_000, maxCharacters: 8 * 1024 * 1024, patterns: ["*"] };

/** Null where the spool knows nothing of the job. */
export async function readTranscript(
  spool: Pick<Spool, "read" | "whole">,
  jobId: string,
): Promise<TranscriptView | null> {
  const view: TranscriptView = {
    object: "transcript",
    job_id: jobId,
    request_id: jobId,
    status: "requested",
    text: null,
    segments: [],
    requested: null,
    completed: null,
    error: null,
  };
  let isKnown = false;
  for (let after = 0; ; ) {
    const { events } = await spool.read({ after, jobId, ...pageLimit });
    const last = events.at(-1);
    // Where the spool has let go of the first segments there are holes.
    if (last === undefined) return isKnown ? { ...view, segments: view.segments.filter(() => true) } : null;
    for (const event of events) add(view, { name: event.name as EventName, data: await dataOf(spool, event) });
    isKnown = true;
    after = last.position;
  }
}

async function dataOf(spool: Pick<Spool, "whole">, event: StoredEvent): Promise<unknown> {
  const { data, dataref } = JSON.parse(event.json) as { data: unknown; dataref?: string };
  if (dataref === undefined) return data;
  const whole = await spool.whole(event.position);
  return whole === null ? data : JSON.parse(whole);
}

/** The events are our own, checked when they were made. */
function add(view: TranscriptView, { name, data }: { name: EventName; data: unknown }): void {
  switch (name) {
    case "transcription.requested":
      view.requested = data as EventData<typeof name>;
      view.request_id = view.requested.request_id;
      return;
    case "transcription.started":
      view.status = "running";
      return;
    case "transcription.restarted":
      view.segments.length = (data as EventData<typeof name>).from_index;
      return;
    case "transcription.segment": {
      const { request_id, job_id, attempt, ...segment } = data as EventData<typeof name>;
      view.segments[segment.index] = segment;
      return;
    }
    case "transcription.completed": {
      const { text, ...completed } = data as EventData<typeof name>;
      view.status = "completed";
      view.text = text;
      view.completed = completed;
      return;
    }
    case "transcription.failed":
      view.status = "failed";
      view.error = (data as EventData<typeof name>).error;
      return;
    case "transcription.cancelled":
      view.status = "cancelled";
  }
}
