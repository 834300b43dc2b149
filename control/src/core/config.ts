/** The configuration's schema, and the environment variable that overrides each field. */
import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { commandSourceSchema } from "./command-settings.ts";
import { parseRedisUrl } from "./redis-url.ts";
import { eventPattern, sinkSettingsSchema } from "./sink-settings.ts";

const positive = z.number().positive();
const count = z.int().min(1);

/** Seconds that a timer waits for: one over 2^31 ms fires at once. */
const wait = positive.max(2_147_483);

/** Numbers that go to a sidecar have 32 bits. */
const maxUint32 = 0xffff_ffff;
const pcmBytesPerS = 2 * 16_000;

const redisUrl = z.string().superRefine((url, context) => {
  const parsed = parseRedisUrl(url);
  if (!parsed.ok) context.addIssue({ code: "custom", input: url, message: `${parsed.demand}, or null` });
});

export const configSchema = z
  .strictObject({
    http: z.strictObject({
      /** An IPv6 address may be written in brackets, as in a URL; here it has none. */
      host: z
        .string()
        .overwrite((host) => host.replace(/^\[(.*)\]$/, "$1"))
        .min(1),
      /** 0 takes a free port. */
      port: z.int().min(0).max(65535),
      api_key: z.string().min(8).nullable(),
      max_body_bytes: count.max(maxUint32),
      /** A body slower than this is given up with 408. */
      min_body_bytes_per_s: z.int().min(0),
      /** A body that takes longer is given up with 408, however fast it is. */
      max_body_s: wait,
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
      /** The same; either set here decides on both. */
      workers: z.int().min(0).max(maxUint32),
      /** 0 means as many as `doctor --tune` measured, or a rule of thumb. */
      threads_per_worker: z.int().min(0).max(maxUint32),
      /** Largest number of requests in one engine call; 0 leaves it to the device. */
      max_batch: z.int().min(0).max(64),
      /** Requests that one process holds at a time, so that batches can form; 0 leaves it to the device. */
      slots: z.int().min(0).max(256),
      /** Whether the layout that `doctor --tune` measured is used for what is left to the device. */
      use_tuning: z.boolean(),
      load_timeout_s: wait,
    }),
    models: z.strictObject({
      /** Loaded at the start, beside the default model. */
      preload: z.array(z.string().min(1)).max(64),
      /** An idle model's processes end after this; null keeps them. The default model and those of `preload` stay. */
      ttl_s: wait.nullable(),
      /** What all engine processes may hold together; 0 means 70 % of this machine's memory. */
      memory_bytes: z.int().min(0),
      /** After a failed load, requests for the model fail at once for this long. */
      load_cool_down_s: wait,
    }),
    decoder: z.strictObject({
      sidecars: count,
      /** Processor time that one file may take. */
      max_cpu_s: wait,
      /** The bytes of its samples are counted on the wire. */
      max_duration_s: positive.max(Math.floor(maxUint32 / pcmBytesPerS)),
    }),
    liveness: z.strictObject({
      hello_timeout_s: wait,
      ping_interval_s: wait,
      missed_pings: count,
      /** An engine call that runs longer is stuck, and its process is killed. */
      engine_stall_s: wait,
      /** The same for a step of decoding. */
      decoder_stall_s: wait,
      /** From `stop` to SIGTERM, and from SIGTERM to SIGKILL. */
      stop_grace_s: wait,
    }),
    restart: z.strictObject({
      backoff_s: wait,
      max_backoff_s: wait,
      /** Deaths in a row without a finished job before the slot is given up. */
      max_failures: count,
    }),
    jobs: z.strictObject({
      max_queued: count,
      /** Audio of all waiting jobs together; what is not decoded yet counts by its bytes. */
      max_queued_audio_s: positive,
      max_queued_bytes: count,
      max_attempts: count,
      /** The hash of audio that killed a process alone is refused for this long. */
      poison_s: wait,
      /** A job with an Idempotency-Key goes on this long without a client; its answer is kept as long again. */
      rejoin_s: wait,
      /** Null lets a job take as long as it takes. */
      timeout_s: wait.nullable(),
    }),
    events: z.strictObject({
      node: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "1 to 64 letters, digits, '.', '_' or '-'"),
      spool: z.strictObject({
        /** What all stored events may take; beyond it the oldest go, unless a required sink still needs them. */
        max_bytes: z.int().min(1024 * 1024),
        retention_s: positive,
      }),
      redis: z.strictObject({
        /** Null starts an embedded server of our own. */
        url: redisUrl.nullable(),
        embedded_port: z.int().min(0).max(65535),
        command_timeout_s: wait,
        retention_s: positive,
        /** Names of the events that it gets. */
        types: z.array(eventPattern).min(1),
        /** Whether work is refused, rather than events dropped, once the spool is full of what Redis has not taken. */
        required: z.boolean(),
      }),
      /** Every other bus that gets the events; set in a file only, since a list has no name for a variable. */
      sinks: z.array(sinkSettingsSchema).max(32),
    }),
    commands: z.strictObject({
      /** Whether the stream of commands in Redis is read. */
      redis: z.boolean(),
      /** Directories whose files a command may name. */
      roots: z.array(z.string().min(1)).max(64),
      /** Whether a command may name a URL, which the node then fetches. */
      allow_urls: z.boolean(),
      /** Commands that this node has in work; 0 means twice the jobs that its engines can run. */
      max_in_work: z.int().min(0).max(1024),
      /** A command that was begun so often without an end is set aside. */
      max_deliveries: count.max(1000),
      /** Another node takes over what its node has not shown a sign of life for. */
      claim_idle_s: wait.min(0.5),
      /** Every other bus that commands are read from; set in a file only. */
      sources: z.array(commandSourceSchema).max(8),
    }),
    benchmarks: z.strictObject({
      /** Whose definitions can be started by name. */
      definitions_dir: z.string().min(1),
      results_dir: z.string().min(1),
    }),
    log: z.strictObject({
      level: z.enum(["debug", "info", "warn", "error", "silent"]),
    }),
  })
  .superRefine((config, context) => {
    if (config.http.api_key === null && !isLoopback(config.http.host)) {
      context.addIssue({
        code: "custom",
        path: ["http", "host"],
        input: config.http.host,
        message:
          "reaches beyond this machine, which needs a key: set HUM_API_KEY (http.api_key) to 8 characters or more, " +
          "or bind 127.0.0.1",
      });
    }
    const paths = new Set<string>();
    const names = new Set(["redis"]);
    for (const [index, { kind, name = kind }] of config.events.sinks.entries()) {
      if (names.has(name)) {
        context.addIssue({
          code: "custom",
          path: ["events", "sinks", index],
          input: name,
          message: `has the name ${name}, which another sink has: give it a name of its own`,
        });
      }
      names.add(name);
    }
    for (const [index, sink] of config.events.sinks.entries()) {
      if (sink.kind !== "file") continue;
      if (paths.has(sink.path)) {
        const message = "is the file of another sink; two would overwrite each other's lines";
        context.addIssue({ code: "custom", path: ["events", "sinks", index, "path"], input: sink.path, message });
      }
      paths.add(sink.path);
    }
    const sources = new Set(["redis"]);
    for (const [index, { kind, name = kind }] of config.commands.sources.entries()) {
      if (sources.has(name)) {
        const message = `has the name ${name}, which another source has: give it a name of its own`;
        context.addIssue({ code: "custom", path: ["commands", "sources", index], input: name, message });
      }
      sources.add(name);
    }
    if (config.restart.max_backoff_s < config.restart.backoff_s) {
      context.addIssue({
        code: "custom",
        path: ["restart", "max_backoff_s"],
        input: config.restart.max_backoff_s,
        message: `must be at least restart.backoff_s, which is ${config.restart.backoff_s}`,
      });
    }
  });

export type Config = z.infer<typeof configSchema>;

/** One variable for every field; all are text, and what the field is tells how to read it. */
export const environmentFields = {
  HUM_HTTP_HOST: "http.host",
  HUM_HTTP_PORT: "http.port",
  HUM_API_KEY: "http.api_key",
  HUM_HTTP_MAX_BODY_BYTES: "http.max_body_bytes",
  HUM_HTTP_MIN_BODY_BYTES_PER_S: "http.min_body_bytes_per_s",
  HUM_HTTP_MAX_BODY_S: "http.max_body_s",
  HUM_HTTP_MAX_PARTS: "http.max_parts",
  HUM_DATA_DIR: "data_dir",
  HUM_MODEL_DIR: "model_dir",
  HUM_CATALOGUE: "catalogue",
  HUM_MODEL: "model",
  HUM_ALLOW_FAKE_MODELS: "allow_fake_models",
  HUM_PYTHON: "python",
  HUM_SIDECARS: "engine.sidecars",
  HUM_DEVICE: "engine.device",
  HUM_COMPUTE_TYPE: "engine.compute_type",
  HUM_WORKERS: "engine.workers",
  HUM_THREADS_PER_WORKER: "engine.threads_per_worker",
  HUM_MAX_BATCH: "engine.max_batch",
  HUM_SLOTS: "engine.slots",
  HUM_USE_TUNING: "engine.use_tuning",
  HUM_LOAD_TIMEOUT_S: "engine.load_timeout_s",
  HUM_PRELOAD: "models.preload",
  HUM_MODEL_TTL_S: "models.ttl_s",
  HUM_MODEL_MEMORY_BYTES: "models.memory_bytes",
  HUM_LOAD_COOL_DOWN_S: "models.load_cool_down_s",
  HUM_DECODERS: "decoder.sidecars",
  HUM_DECODER_MAX_CPU_S: "decoder.max_cpu_s",
  HUM_MAX_DURATION_S: "decoder.max_duration_s",
  HUM_HELLO_TIMEOUT_S: "liveness.hello_timeout_s",
  HUM_PING_INTERVAL_S: "liveness.ping_interval_s",
  HUM_MISSED_PINGS: "liveness.missed_pings",
  HUM_ENGINE_STALL_S: "liveness.engine_stall_s",
  HUM_DECODER_STALL_S: "liveness.decoder_stall_s",
  HUM_STOP_GRACE_S: "liveness.stop_grace_s",
  HUM_RESTART_BACKOFF_S: "restart.backoff_s",
  HUM_RESTART_MAX_BACKOFF_S: "restart.max_backoff_s",
  HUM_RESTART_MAX_FAILURES: "restart.max_failures",
  HUM_MAX_QUEUED: "jobs.max_queued",
  HUM_MAX_QUEUED_AUDIO_S: "jobs.max_queued_audio_s",
  HUM_MAX_QUEUED_BYTES: "jobs.max_queued_bytes",
  HUM_MAX_ATTEMPTS: "jobs.max_attempts",
  HUM_POISON_S: "jobs.poison_s",
  HUM_REJOIN_S: "jobs.rejoin_s",
  HUM_JOB_TIMEOUT_S: "jobs.timeout_s",
  HUM_NODE: "events.node",
  HUM_SPOOL_MAX_BYTES: "events.spool.max_bytes",
  HUM_SPOOL_RETENTION_S: "events.spool.retention_s",
  HUM_REDIS_URL: "events.redis.url",
  HUM_REDIS_EMBEDDED_PORT: "events.redis.embedded_port",
  HUM_REDIS_COMMAND_TIMEOUT_S: "events.redis.command_timeout_s",
  HUM_REDIS_RETENTION_S: "events.redis.retention_s",
  HUM_REDIS_TYPES: "events.redis.types",
  HUM_REDIS_REQUIRED: "events.redis.required",
  HUM_COMMANDS: "commands.redis",
  HUM_COMMAND_ROOTS: "commands.roots",
  HUM_COMMAND_URLS: "commands.allow_urls",
  HUM_COMMANDS_IN_WORK: "commands.max_in_work",
  HUM_COMMAND_DELIVERIES: "commands.max_deliveries",
  HUM_COMMAND_CLAIM_IDLE_S: "commands.claim_idle_s",
  HUM_BENCH_DEFINITIONS: "benchmarks.definitions_dir",
  HUM_BENCH_RESULTS: "benchmarks.results_dir",
  HUM_LOG_LEVEL: "log.level",
} as const;

/** Fields without a variable. */
export const fileOnlyFields: readonly string[] = ["events.sinks", "commands.sources"];

/** Relative paths in these are relative to the file that sets them. */
export const pathFields = ["data_dir", "model_dir", "catalogue", "python"] as const;

/** Their values stay out of messages. */
export const secretFields: readonly string[] = ["http.api_key", "events.redis.url"];

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** A name other than localhost counts as reachable from outside: what it resolves to may change. */
function isLoopback(host: string): boolean {
  if (host.toLowerCase() === "localhost") return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 6 ? "ipv6" : "ipv4");
}
