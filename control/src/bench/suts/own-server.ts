/** A server of this checkout in a process of its own, from its start to its end. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { createCatalogue } from "../../core/catalogue.ts";
import { checkoutRoot } from "../../core/checkout.ts";
import { HumError } from "../../core/errors.ts";
import { loadConfig } from "../../core/load-config.ts";
import type { ModelEntry } from "../../core/model.ts";
import { readTuning, writeTuning } from "../../core/tuning.ts";
import { type ChildExit, spawnChild } from "../../platform/child.ts";
import type { RunConfig } from "../definition/run-config.ts";
import { type SutContext, withoutSettings } from "./context.ts";
import { within } from "./patience.ts";
import { makeServerDirectory } from "./server-directory.ts";
import { serverSettings } from "./server-settings.ts";
import { jsonOf } from "./speech-answer.ts";

export interface OwnServer {
  readonly url: string;
  readonly pid: number;
  /** Its default model: the run config's. */
  readonly model: ModelEntry;
  /** Until its HTTP server listens, and from there until its model is ready; seconds. */
  readonly opening: { process_start_s: number | null; load_s: number | null };
  readonly exited: Promise<ChildExit>;
  /** The last lines that it said, for an error message. */
  lastWords(): string;
  stop(): Promise<void>;
}

const launcher = join(checkoutRoot, "control", "bin", "hum-helix");
/** More than the sum of what each step of the server's own stop may take. */
const stopGraceMs = 30_000;
const keptLines = 20;

/** What `serve --json` prints once it is ready. */
const readySchema = z.object({ url: z.string(), pid: z.int() });

/**
 * Throws ConfigError for settings that are wrong, HumError `model_unknown` for a model that is not installed, and
 * `loading` where it ends or takes too long, with what it said; nothing of it is left then.
 */
export async function startOwnServer(
  config: RunConfig,
  options: SutContext & { settings: Record<string, unknown>; signal: AbortSignal; startTimeoutMs: number },
): Promise<OwnServer> {
  const { env, cwd, settings, signal, startTimeoutMs, onLine } = options;
  signal.throwIfAborted();
  const own = loadConfig({ env, cwd });
  await using undo = new AsyncDisposableStack();
  const { path, dataDir, remove } = await makeServerDirectory();
  undo.defer(remove);
  // What `doctor --tune` measured on this machine is part of what its users get.
  const tuning = readTuning(own.data_dir);
  if (tuning !== null) writeTuning(dataDir, tuning);
  const file = join(path, "config.yaml");
  // YAML holds all of JSON.
  await writeFile(file, JSON.stringify(serverSettings(config, { own, settings, cwd, dataDir }), null, 2));
  const asked = loadConfig({ env: { HUM_CONFIG: file }, cwd });
  const model = createCatalogue({ ...asked, model: own.model }).resolve(asked.model);

  const startedMs = performance.now();
  const sinceS = (beganMs: number) => (performance.now() - beganMs) / 1000;
  const lines: string[] = [];
  const ready = Promise.withResolvers<z.infer<typeof readySchema>>();
  let listeningMs: number | null = null;
  const child = spawnChild({
    command: launcher,
    // It must not outlive a harness that is killed.
    args: ["serve", "--json", "--attached", "--config", file],
    env: withoutSettings(env),
    onLine(line, stream) {
      const facts = stream === "stdout" ? readySchema.safeParse(jsonOf(line)).data : undefined;
      // It holds the password of the embedded bus too.
      if (facts !== undefined) return ready.resolve(facts);
      onLine?.(line);
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
      // Said when HTTP is served and the model begins to load.
      if (stream === "stderr" && line.startsWith("loading model ")) listeningMs ??= performance.now();
    },
  });
  undo.defer(async () => void (await child.stop(stopGraceMs)));
  const lastWords = () => reasonIn(lines);
  const early = child.exited.then((exit) => {
    throw new HumError("loading", `the server ended before it was ready (${inWords(exit)}): ${lastWords()}`);
  });
  const { url, pid } = await within(Promise.race([ready.promise, early]), {
    signal,
    timeoutMs: startTimeoutMs,
    late: () => new HumError("loading", `the server was not ready after ${startTimeoutMs / 1000} s: ${lastWords()}`),
  });
  const opening =
    listeningMs === null
      ? { process_start_s: null, load_s: null }
      : { process_start_s: (listeningMs - startedMs) / 1000, load_s: sinceS(listeningMs) };
  const running = undo.move();
  return { url, pid, model, opening, exited: child.exited, lastWords, stop: () => running.disposeAsync() };
}

/** What it gave as its reason, which stands behind its log; without one, all that is kept. */
function reasonIn(lines: readonly string[]): string {
  const start = lines.findLastIndex((line) => line.startsWith("hum-helix serve:"));
  return lines.slice(Math.max(0, start)).join("\n");
}

export const inWords = ({ code, signal, error }: ChildExit) =>
  error ?? (signal === null ? `exit code ${code}` : signal);
