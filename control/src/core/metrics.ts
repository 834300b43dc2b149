/** The one Prometheus registry and every instrument in it. Names follow Prometheus: base units, `_total` for counters. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

const durationBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpRequests: new Counter({
      name: "hum_http_requests_total",
      help: "HTTP requests answered, by route and status.",
      labelNames: ["method", "route", "status"] as const,
      registers,
    }),
    httpDuration: new Histogram({
      name: "hum_http_request_duration_seconds",
      help: "From the request's first byte to the answer's last.",
      labelNames: ["route"] as const,
      buckets: durationBuckets,
      registers,
    }),
    jobs: new Counter({
      name: "hum_jobs_total",
      help: "Jobs that ended, by model and outcome: done or an error code.",
      labelNames: ["model", "outcome"] as const,
      registers,
    }),
    jobQueue: new Histogram({
      name: "hum_job_queue_seconds",
      help: "From submission to the start of the engine.",
      labelNames: ["model"] as const,
      buckets: durationBuckets,
      registers,
    }),
    jobProcessing: new Histogram({
      name: "hum_job_processing_seconds",
      help: "Time in the engine.",
      labelNames: ["model"] as const,
      buckets: durationBuckets,
      registers,
    }),
    audioSeconds: new Counter({
      name: "hum_audio_seconds_total",
      help: "Seconds of audio transcribed.",
      labelNames: ["model"] as const,
      registers,
    }),
    jobAttempts: new Counter({
      name: "hum_job_attempts_total",
      help: "Attempts sent to sidecars; more than jobs means that some ran again.",
      labelNames: ["model"] as const,
      registers,
    }),
    queued: new Gauge({ name: "hum_jobs_queued", help: "Jobs that wait for a slot.", registers }),
    inFlight: new Gauge({ name: "hum_jobs_in_flight", help: "Jobs that a sidecar works on.", registers }),
    slots: new Gauge({
      name: "hum_sidecar_slots",
      help: "Sidecar slots by role and state.",
      labelNames: ["role", "state"] as const,
      registers,
    }),
    sidecarRestarts: new Counter({
      name: "hum_sidecar_restarts_total",
      help: "Sidecar processes started again after a death.",
      labelNames: ["role"] as const,
      registers,
    }),
    sidecarMemory: new Gauge({
      name: "hum_sidecar_resident_bytes",
      help: "Memory of the slot's process in RAM, as it last told.",
      labelNames: ["slot"] as const,
      registers,
    }),
    sidecarBusy: new Gauge({
      name: "hum_sidecar_busy_seconds",
      help: "Seconds that workers of the slot's process have spent on jobs since it started.",
      labelNames: ["slot"] as const,
      registers,
    }),
    wireRefused: new Counter({
      name: "hum_wire_refused_total",
      help: "Frames from sidecars that were no valid message.",
      labelNames: ["reason"] as const,
      registers,
    }),
    events: new Counter({
      name: "hum_events_total",
      help: "Events handed to a sink, by sink and result: stored, duplicate or dropped.",
      labelNames: ["sink", "result"] as const,
      registers,
    }),
    eventsHeld: new Gauge({
      name: "hum_events_held",
      help: "Events in the spool that a sink has not passed yet.",
      labelNames: ["sink"] as const,
      registers,
    }),
    eventsOldest: new Gauge({
      name: "hum_events_oldest_age_seconds",
      help: "Age of the oldest event that a sink still waits for.",
      labelNames: ["sink"] as const,
      registers,
    }),
    commands: new Counter({
      name: "hum_commands_total",
      help: "Commands that came over a bus, by source and what became of them.",
      labelNames: ["source", "result"] as const,
      registers,
    }),
    spoolBytes: new Gauge({ name: "hum_spool_bytes", help: "What the event spool holds.", registers }),
  };
}
