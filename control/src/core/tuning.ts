/** What `doctor --tune` measured: how engines use this machine's processor best. Kept in the data directory. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { z } from "zod";

/** What may be set for an engine process; nothing else of a file on disk gets into an environment. */
const environmentSchema = z.strictObject({
  GLIBC_TUNABLES: z.string().optional(),
  CT2_FORCE_CPU_ISA: z.string().optional(),
  OMP_WAIT_POLICY: z.string().optional(),
});

const layoutSchema = z.object({
  /** Engine calls at a time. */
  workers: z.int().min(1),
  threads_per_worker: z.int().min(1),
  /** Threads of a second copy of the model that encodes for a lone request; 0 for none. */
  encode_threads: z.int().min(0),
  environment: environmentSchema,
});

/** How an engine process uses the processor. */
export type Layout = z.infer<typeof layoutSchema>;

const hostSchema = z.object({ processor: z.string(), cores: z.int().min(1) });

const measuredSchema = z.object({
  layout: layoutSchema,
  /** Of one clip alone, in seconds; the median. */
  lone_s: z.number().positive(),
  /** Of eight clips at once, from the first's start to the last's end, in seconds; the median. */
  busy_s: z.number().positive(),
  rss_bytes: z.number(),
});
export type Measured = z.infer<typeof measuredSchema>;

const tuningSchema = z.object({
  version: z.literal(1),
  measured_at: z.iso.datetime(),
  /** It holds for this machine only. */
  host: hostSchema,
  model: z.string(),
  choice: layoutSchema,
  measured: z.array(measuredSchema),
});
export type Tuning = z.infer<typeof tuningSchema>;

export const thisHost = (): Tuning["host"] => ({ processor: cpus()[0]?.model ?? "unknown", cores: cpus().length });

const fileOf = (dataDir: string) => join(dataDir, "tuning.json");

/** Null where nothing was measured, or on another machine, or by another version of this. */
export function readTuning(dataDir: string, host = thisHost()): Tuning | null {
  let text: string;
  try {
    text = readFileSync(fileOf(dataDir), "utf8");
  } catch {
    return null;
  }
  const tuning = tuningSchema.safeParse(parseJson(text)).data;
  if (tuning === undefined) return null;
  return tuning.host.processor === host.processor && tuning.host.cores === host.cores ? tuning : null;
}

/** Returns the file's path. A reader sees the old one or the new one, never half of one. */
export function writeTuning(dataDir: string, tuning: Tuning): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = fileOf(dataDir);
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(tuning, null, 2)}\n`, { flush: true });
  renameSync(half, file);
  return file;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
