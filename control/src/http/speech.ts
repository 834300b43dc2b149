/** A request for speech from its first byte to its answer: receive, understand, submit, wait, render, tidy up. */
import { join } from "node:path";
import { HumError } from "../core/errors.ts";
import type { JobOptions } from "../core/options.ts";
import type { Transcript } from "../core/transcript.ts";
import { describeAudio } from "../jobs/audio.ts";
import type { JobHandle } from "../jobs/handle.ts";
import { createScratch } from "../jobs/scratch.ts";
import { defaultTiming, type HttpContext, type HttpDeps } from "./deps.ts";
import { presentable } from "./failure.ts";
import { parseSpeechRequest, type SpeechRequest } from "./options.ts";
import { fingerprintOf, rejoinKeyOf } from "./rejoin.ts";
import { render } from "./render/render.ts";
import { streamTranscript } from "./stream.ts";
import { traceparentOf } from "./traceparent.ts";
import { receiveUpload } from "./upload.ts";
import { priorityOf, timeoutMsOf } from "./urgency.ts";

export async function serveSpeech(
  c: HttpContext,
  options: { deps: HttpDeps; task: JobOptions["task"] },
): Promise<Response> {
  const { deps } = options;
  const { request, handle } = await accept(c, options);
  if (request.stream) {
    return streamTranscript(handle, {
      timing: { ...defaultTiming, ...deps.timing },
      abandon: () => c.get("left").abort(),
      cutOff: () => c.env.outgoing.destroy(),
      present: (thrown) => presentable(thrown, { log: deps.log, requestId: c.get("requestId") }),
    });
  }
  const transcript = await handle.transcript;
  const { contentType, body } = render(transcript, request);
  return c.body(body, 200, {
    "content-type": contentType,
    "cache-control": "no-store",
    "server-timing": stagesOf(transcript),
  });
}

/** https://www.w3.org/TR/server-timing/: milliseconds in which the job waited, was decoded, and was in the engine. */
function stagesOf({ queue_s, decode_s, processing_s }: Transcript): string {
  const stages = { queue: Math.max(0, queue_s - decode_s), decode: decode_s, engine: processing_s };
  return Object.entries(stages)
    .map(([name, seconds]) => `${name};dur=${(seconds * 1000).toFixed(3)}`)
    .join(", ");
}

/** Up to the job's submission; the scratch file stays until the job has ended, or goes with the failure. */
async function accept(
  c: HttpContext,
  options: { deps: HttpDeps; task: JobOptions["task"] },
): Promise<{ request: SpeechRequest; handle: JobHandle }> {
  const { deps, task } = options;
  const { config, catalogue } = deps;
  const { signal } = c.get("left");
  const id = c.get("jobId");
  const arrivedMs = deps.clock.monotonicMs();
  const timeoutMs = timeoutMsOf(c.req.header("x-request-timeout-ms"));
  deps.admit();
  const announced = Number(c.req.header("content-length"));
  const scratch = createScratch(
    join(deps.scratchDir, `${id}.upload`),
    Number.isSafeInteger(announced) ? { expectedBytes: announced } : {},
  );
  const tidy = () =>
    scratch.discard().catch((error) => deps.log.warn({ err: error, request_id: id }, "a scratch file was not removed"));
  try {
    const upload = await receiveUpload(c, {
      scratch,
      limits: config.http,
      graceMs: deps.timing?.bodyGraceMs ?? defaultTiming.bodyGraceMs,
      clock: deps.clock,
      signal,
    });
    const request = parseSpeechRequest(upload.fields, { task, catalogue });
    const audio = describeAudio(upload, { maxDurationS: config.decoder.max_duration_s });
    const field = upload.fields.findLast(([name]) => name === "priority")?.[1];
    const priority = priorityOf(c.req.header("x-priority"), field);
    if (signal.aborted) throw new HumError("cancelled", "the client left when its upload was complete");
    const submit = (clientLeft: AbortSignal) => {
      const handle = deps.submit({
        id,
        requestId: c.get("requestId"),
        causationId: null,
        traceparent: traceparentOf(c.req.header("traceparent")),
        audio,
        model: request.model.name,
        options: request.options,
        priority,
        deadlineMs: timeoutMs === null ? null : arrivedMs + timeoutMs,
        signal: clientLeft,
      });
      void handle.transcript.then(tidy, tidy);
      return handle;
    };
    const again = rejoinKeyOf((name) => c.req.header(name), {
      caller: fingerprintOf(c.req.header("authorization") ?? ""),
      fingerprint: fingerprintOf([audio.sha256, audio.raw, request.model.name, request.options]),
      keepMs: config.jobs.rejoin_s * 1000,
    });
    const joined = again?.mayJoin === true ? deps.rejoin.find(again.key, signal) : null;
    if (joined !== null) await tidy();
    const handle = joined ?? (again === null ? submit(signal) : deps.rejoin.begin(again.key, signal, submit));
    c.set("submittedJob", handle.id);
    return { request, handle };
  } catch (error) {
    await tidy();
    throw error;
  }
}
