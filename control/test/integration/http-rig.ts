/** The rig of the HTTP tests: the real server on a free port, over a scheduler whose every event the test tells. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { createBenchmarks } from "../../src/bench/service.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Config } from "../../src/core/config.ts";
import { HumError } from "../../src/core/errors.ts";
import type { Job, JobEvent } from "../../src/core/job.ts";
import { createMetrics } from "../../src/core/metrics.ts";
import type { Catalogue } from "../../src/core/model.ts";
import type { Readiness } from "../../src/core/readiness.ts";
import type { Segment, Transcript, Word } from "../../src/core/transcript.ts";
import type { HttpTiming } from "../../src/http/deps.ts";
import { createHttpServer } from "../../src/http/server.ts";
import { createTeller, type JobTeller } from "../../src/jobs/handle.ts";
import { testConfig } from "../config.ts";
import { type FeedRigOptions, openFeedRig } from "../feed-rig.ts";
import { fakeModel } from "../models.ts";
import { wavHeader } from "../wav.ts";

export interface Submitted {
  job: Job;
  tell: JobTeller["tell"];
}

export interface HttpRigOptions {
  http?: Partial<Config["http"]>;
  maxDurationS?: number;
  timing?: Partial<HttpTiming>;
  /** What happens to each job; by default it is done at once with `speech`. May throw, as a full scheduler does. */
  script?: (submitted: Submitted) => void;
  /** By default every upload is let in. May throw, as a full scheduler does. */
  admit?: () => void;
  readiness?: Readiness["status"];
  sinks?: FeedRigOptions["sinks"];
  /** Called before each read of the spool; may throw, as a disk does. */
  beforeRead?: () => void;
}

export type HttpRig = Awaited<ReturnType<typeof openHttpRig>>;

export async function openHttpRig(options: HttpRigOptions = {}) {
  const dir = mkdtempSync(join(tmpdir(), "hum-http-"));
  const base = testConfig(dir);
  const config = {
    ...base,
    http: { ...base.http, ...options.http },
    decoder: { ...base.decoder, max_duration_s: options.maxDurationS ?? base.decoder.max_duration_s },
  };
  const submitted: Submitted[] = [];
  const logLines: Record<string, unknown>[] = [];
  const metrics = createMetrics();
  const { feed, spool, close: closeFeed } = await openFeedRig(dir, { sinks: options.sinks ?? [] });
  let subscribers = 0;
  const watched: typeof spool = {
    ...spool,
    async read(query) {
      options.beforeRead?.();
      return spool.read(query);
    },
    onCommitted(listener) {
      subscribers += 1;
      const leave = spool.onCommitted(listener);
      return () => {
        subscribers -= 1;
        leave();
      };
    },
  };
  const script = options.script ?? ((one) => finish(one, speech));
  const benchmarks = createBenchmarks({
    definitionsDir: config.benchmarks.definitions_dir,
    resultsDir: config.benchmarks.results_dir,
    observer: { started: () => undefined, trial: () => undefined, ended: () => undefined },
    run: () => Promise.reject(new HumError("internal", "no benchmark is run here")),
  });
  const server = createHttpServer({
    config,
    log: pino({ level: "debug" }, { write: (line: string) => void logLines.push(JSON.parse(line)) }),
    clock: systemClock,
    metrics,
    catalogue,
    models: { load: async () => "loaded", unload: async () => "not_loaded", loaded: () => [] },
    jobs: { jobs: () => [], job: () => null, cancel: () => null },
    readiness: () => ({ ...healthy, status: options.readiness ?? "ready", sinks: feed.health() }),
    events: { spool: watched, onEphemeral: feed.onEphemeral, replay: feed.replay },
    admit: options.admit ?? (() => undefined),
    submit(job) {
      const { handle, tell } = createTeller(job.id);
      const one = { job, tell };
      script(one);
      submitted.push(one);
      const leave = () => tell({ type: "failed", attempt: 0, error: new HumError("cancelled", "the client left") });
      if (job.signal.aborted) leave();
      else job.signal.addEventListener("abort", leave, { once: true });
      return handle;
    },
    benchmarks,
    scratchDir: dir,
    ...(options.timing === undefined ? {} : { timing: options.timing }),
  });
  const address = await server.start();
  return {
    ...address,
    dir,
    metrics,
    feed,
    spool,
    submitted,
    logLines,
    /** Who is told of commits by the HTTP server. */
    subscribers: () => subscribers,
    scratchFiles: () => readdirSync(dir).filter((name) => name.endsWith(".upload")),
    stop: (graceMs = 1000) => server.stop(graceMs),
    async close() {
      await server.stop(0);
      await closeFeed();
      rmSync(dir, { recursive: true });
    },
  };
}

const base = fakeModel("base", { aliases: ["systran/faster-whisper-base"] });
const models = [base, fakeModel("tiny.en", { languages: ["en"], translates: false }), fakeModel("lab/whisper-small")];

export const catalogue: Catalogue = {
  defaultModel: base,
  resolve(name) {
    if (name === undefined || name === "whisper-1") return base;
    const found = models.find((one) => one.name === name || one.aliases.includes(name));
    if (found !== undefined) return found;
    throw new HumError("model_unknown", `no model ${name}`, { param: "model" });
  },
  list: () => [
    ...models.map((one) => ({ model: one, installed: true })),
    { model: fakeModel("large-v3", { aliases: ["large"] }), installed: false },
  ],
};

const healthy: Readiness = {
  status: "ready",
  reasons: [],
  slots: [],
  sinks: [],
  commands: [],
  queued: 0,
  in_flight: 0,
  last_success_age_s: null,
};

export const segment = (text: string, more: Partial<Segment> = {}): Segment => ({
  id: 1,
  seek: 0,
  start: 0,
  end: 1,
  text,
  tokens: [50_364],
  temperature: 0,
  avg_logprob: -0.25,
  compression_ratio: 1.5,
  no_speech_prob: 0.01,
  words: null,
  ...more,
});

const word = (text: string, start: number, end: number): Word => ({ word: text, start, end, probability: 0.9 });

export const speech: Segment[] = [
  segment(" Ask not what", {
    end: 1.25,
    words: [word(" Ask", 0, 0.5), word(" not", 0.5, 0.75), word(" what", 0.75, 1.25)],
  }),
  segment(" your country can do.", { id: 2, start: 1.25, end: 3.5, words: [word(" your", 1.25, 1.5)] }),
];
export const speechText = "Ask not what your country can do.";

const identity = { name: "base", revision: "scripted", engine: "fake", device: "cpu", compute_type: "int8" };

export const started: JobEvent = {
  type: "started",
  attempt: 1,
  slot: "engine-0",
  queue_s: 0,
  duration_s: 3.5,
  model: identity,
};

export const told = (index: number, segment: Segment): JobEvent => ({ type: "segment", attempt: 1, index, segment });

function transcriptOf(job: Job, segments: Segment[]): Transcript {
  return {
    text: segments.map((one) => one.text).join(""),
    task: job.options.task,
    language: job.options.language ?? "en",
    language_probability: 1,
    duration_s: 3.5,
    segments,
    model: identity,
    queue_s: 0,
    decode_s: 0,
    processing_s: 0.1,
  };
}

/** A whole job in one go. */
export function finish({ job, tell }: Submitted, segments: Segment[]): void {
  tell({ type: "queued", position: 0 });
  tell(started);
  for (const [index, one] of segments.entries()) tell(told(index, one));
  tell({ type: "done", attempt: 1, transcript: transcriptOf(job, segments) });
}

/** A WAV of silence in the format that engines take, `extra` being chunks before the samples. */
export function wav(seconds: number, extra: Buffer = Buffer.alloc(0)): Buffer<ArrayBuffer> {
  const samples = Buffer.alloc(Math.round(seconds * 16_000) * 2);
  return Buffer.concat([wavHeader(samples.byteLength, extra), samples]);
}

export interface FailureAnswer {
  error: { message: string; type: string; param: string | null; code: string };
}
