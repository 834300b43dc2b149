/** The configuration's schema: one YAML file over the built-in defaults, then environment overrides. */
import { z } from "zod";

const positive = z.number().positive();
const count = z.int().min(1);

export const configSchema = z.strictObject({
  http: z.strictObject({
    host: z.string().min(1),
    /** 0 takes a free port. */
    port: z.int().min(0).max(65535),
    api_key: z.string().min(8).nullable(),
    max_body_bytes: count,
    /** A body slower than this is given up with 408. */
    min_body_bytes_per_s: z.int().min(0),
    max_parts: count,
  }),
  data_dir: z.string().min(1),
  model_dir: z.string().min(1),
  catalogue: z.string().min(1),
  /** Default model: what `whisper-1` and a request without `model` mean. */
  model: z.string().min(1),
  allow_fake_models: z.boolean(),
  python: z.string().min(1),
  engine: z.strictObject({
    /** Processes per model. */
    sidecars: count,
    device: z.enum(["auto", "cpu", "cuda"]),
    compute_type: z.string().min(1),
    /** 0 means one per core. */
    workers: z.int().min(0),
    threads_per_worker: count,
    load_timeout_s: positive,
  }),
  decoder: z.strictObject({
    sidecars: count,
    max_duration_s: positive,
  }),
  liveness: z.strictObject({
    hello_timeout_s: positive,
    ping_interval_s: positive,
    missed_pings: count,
    /** From `stop` to SIGTERM, and from SIGTERM to SIGKILL. */
    stop_grace_s: positive,
  }),
  restart: z.strictObject({
    backoff_s: positive,
    max_backoff_s: positive,
    /** Deaths in a row without a finished job before the slot is given up. */
    max_failures: count,
  }),
  jobs: z.strictObject({
    max_queued: count,
    max_attempts: count,
    /** Null lets a job take as long as it takes. */
    timeout_s: positive.nullable(),
  }),
  events: z.strictObject({
    node: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits, '.', '_' or '-'"),
    redis: z.strictObject({
      /** Null starts an embedded server of our own. */
      url: z
        .string()
        .regex(/^(rediss?|unix):\/\//, "must begin with redis://, rediss:// or unix://")
        .nullable(),
      embedded_port: z.int().min(0).max(65535),
      command_timeout_s: positive,
      /** Events held while Redis is away; beyond it the oldest are dropped and counted. */
      max_held: count,
      retention_s: positive,
    }),
  }),
  log: z.strictObject({
    level: z.enum(["debug", "info", "warn", "error", "silent"]),
  }),
});

export type Config = z.infer<typeof configSchema>;
