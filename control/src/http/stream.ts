/** A job as server-sent events: a delta for each segment, then the whole text, as OpenAI streams transcriptions. */
import { HumError } from "../core/errors.ts";
import type { JobEvent } from "../core/job.ts";
import type { Transcript } from "../core/transcript.ts";
import type { JobHandle } from "../jobs/handle.ts";
import type { HttpTiming } from "./deps.ts";
import { failureBody } from "./failure.ts";
import { createTrimmer, plainText } from "./render/text.ts";
import { usageOf } from "./render/usage.ts";
import { eventStream } from "./sse.ts";

export interface StreamOptions {
  timing: Pick<HttpTiming, "heartbeatMs" | "unreadMs">;
  /** Ends the job where nobody will read the rest. */
  abandon: () => void;
  /** Ends the connection of a client that does not read. */
  cutOff: () => void;
  /** A failure as the client may read it. */
  present: (thrown: unknown) => HumError;
}

/** Seconds of audio: with each delta's `end`, how far a stream has come. */
const durationHeader = "x-audio-duration";

/**
 * Resolves when the job has begun, or has waited for one heartbeat: what fails before that is thrown, and gets its own
 * status. Later failures become a line with a top-level `error`, the last one.
 */
export async function streamTranscript(handle: JobHandle, options: StreamOptions): Promise<Response> {
  const durationS = await begun(handle, options.timing.heartbeatMs);
  return eventStream(
    {
      ...options,
      onLeft: options.abandon,
      follow: ({ send }) => follow(handle, { ...options, send }),
    },
    durationS === null ? {} : { [durationHeader]: String(durationS) },
  );
}

/** The audio's duration in seconds, null where patience ended first. */
async function begun(handle: JobHandle, patienceMs: number): Promise<number | null> {
  const patience = Promise.withResolvers<null>();
  const timer = setTimeout(() => patience.resolve(null), patienceMs);
  try {
    return await Promise.race([patience.promise, firstSign(handle)]);
  } finally {
    clearTimeout(timer);
  }
}

async function firstSign(handle: JobHandle): Promise<number | null> {
  for await (const event of handle.events()) {
    if (event.type === "failed") throw event.error;
    if (event.type === "started") return event.duration_s;
  }
  return null;
}

async function follow(handle: JobHandle, options: StreamOptions & { send: (text: string) => void }): Promise<void> {
  const data = (value: object) => options.send(`data: ${JSON.stringify(value)}\n\n`);
  const show = createTrimmer();
  let shown = 0;

  /** False ends the stream. */
  function tell(event: JobEvent): boolean {
    switch (event.type) {
      case "segment": {
        shown += 1;
        const delta = show(event.segment.text);
        if (delta !== "") data({ type: "transcript.text.delta", delta, end: event.segment.end });
        return true;
      }
      case "restarted":
        if (event.from_index >= shown) return true;
        throw new HumError(
          "sidecar_lost",
          `the process that ran this job ended, and attempt ${event.attempt} differs from what was already streamed; ` +
            "send the request again",
          { stage: "transcribe" },
        );
      case "done":
        data(doneEvent(event.transcript));
        options.send("data: [DONE]\n\n");
        return false;
      case "failed":
        throw event.error;
      default:
        return true;
    }
  }

  try {
    for await (const event of handle.events()) if (!tell(event)) return;
  } catch (thrown) {
    options.abandon();
    data(failureBody(options.present(thrown)));
  }
}

const doneEvent = (transcript: Transcript) => ({
  type: "transcript.text.done",
  text: plainText(transcript),
  usage: usageOf(transcript),
});
