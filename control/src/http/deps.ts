/** What the HTTP layer is given, and the shape of a request's context in it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Context } from "hono";
import type { Benchmarks } from "../bench/service.ts";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import type { Job } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Catalogue } from "../core/model.ts";
import type { Readiness } from "../core/readiness.ts";
import type { Residence } from "../core/residence.ts";
import type { Feed } from "../events/feed.ts";
import type { Spool } from "../events/spool/spool.ts";
import type { JobHandle } from "../jobs/handle.ts";
import type { Scheduler } from "../jobs/scheduler.ts";
import type { Rejoin } from "./rejoin.ts";

export interface HttpDeps {
  config: Config;
  log: Log;
  clock: Clock;
  metrics: Metrics;
  catalogue: Catalogue;
  models: Residence;
  jobs: Pick<Scheduler, "jobs" | "job" | "cancel">;
  /** What requests that come again join. */
  rejoin: Rejoin;
  readiness(): Readiness;
  events: EventAccess;
  benchmarks: Benchmarks;
  /** Aborted when the server begins to stop. */
  stopping: AbortSignal;
  /** Throws HumError `overloaded` where no job could be taken now: asked before an upload is received. */
  admit(): void;
  /** Throws as `admit` does, since the queue may have filled meanwhile; any later failure is told by the handle. */
  submit(job: Job): JobHandle;
  /** Where uploads lie that do not fit in memory; must exist and be private to us. */
  scratchDir: string;
  timing?: Partial<HttpTiming>;
}

/** The feed as HTTP gives it to others. */
export interface EventAccess {
  spool: Pick<Spool, "id" | "bounds" | "read" | "whole" | "onCommitted" | "waiting">;
  onEphemeral: Feed["onEphemeral"];
  replay: Feed["replay"];
}

export interface HttpTiming {
  /** How long a body may stay silent, and what slower bodies may use up before they are given up. */
  bodyGraceMs: number;
  /** After an answer that came before the body's end: how long the rest is discarded, and how long it may be silent. */
  lingerMs: number;
  lingerIdleMs: number;
  /** Between comment lines that keep an event stream open. */
  heartbeatMs: number;
  /** How long a client may leave its event stream unread. */
  unreadMs: number;
}

/** Lingering as nginx does by default (lingering_time, lingering_timeout). */
export const defaultTiming: HttpTiming = {
  bodyGraceMs: 10_000,
  lingerMs: 30_000,
  lingerIdleMs: 5_000,
  heartbeatMs: 15_000,
  unreadMs: 60_000,
};

export interface HttpEnv {
  Bindings: { incoming: IncomingMessage; outgoing: ServerResponse };
  Variables: {
    /** What the client called this request, or else the job id. */
    requestId: string;
    /** Ours and unique, whatever the client sends: it names files and keys the event feed. */
    jobId: string;
    /** The job that the request began or joined; null before, and where there is none. */
    submittedJob: string | null;
    /** The route's template, for metrics and logs. */
    route: string;
    /** Aborted when the client has left. */
    left: AbortController;
  };
}
export type HttpContext = Context<HttpEnv>;

/** One operation of the API: a file of its own under operations/. */
export interface Operation {
  method: "GET" | "POST" | "DELETE";
  /** As Hono matches it. */
  path: string;
  /** As metrics and logs name it. */
  route: string;
  /** Whether it answers without a key where one is configured. */
  open: boolean;
  handle(c: HttpContext, deps: HttpDeps): Response | Promise<Response>;
}
