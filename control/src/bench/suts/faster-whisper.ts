/** The plain faster-whisper library as a SUT: the reference that a server is held to. */
import { createCatalogue } from "../../core/catalogue.ts";
import { HumError } from "../../core/errors.ts";
import { loadConfig } from "../../core/load-config.ts";
import { engineAxes, type RunConfig } from "../definition/run-config.ts";
import type { SutOf } from "../definition/sut.ts";
import { keyOf } from "../plan/keys.ts";
import { abandoned } from "./abandoned.ts";
import type { SutContext } from "./context.ts";
import { libraryCall } from "./library-options.ts";
import { type ReferenceProcess, type ReferenceReply, startReference } from "./reference-process.ts";
import { failed } from "./speech-answer.ts";
import type { Asked, Outcome, Sut, SutInstance } from "./sut.ts";

export function createFasterWhisper(definition: SutOf<"faster-whisper">, context: SutContext): Sut {
  const { name, kind, batched } = definition;
  /** By model. */
  const engines = new Map<string, string>();
  return {
    name,
    kind,
    async unsupported(config) {
      const { untold } = libraryCall(config, { batched });
      // Models of other engines, such as scripted ones, are none of the library's.
      const engine = engines.getOrInsertComputed(config.model ?? "", () => engineOf(config, context));
      return engine === "faster-whisper" ? untold : [...untold, "model"];
    },
    instanceKey: (config) => keyOf(Object.fromEntries(engineAxes.map((axis) => [axis, config[axis]]))),
    open: (config, options) => openLibrary(config, { ...context, ...options, batched }),
  };
}

/** That of a model that is not installed is told when it is opened. */
function engineOf({ model }: RunConfig, { env, cwd }: SutContext): string {
  try {
    return createCatalogue(loadConfig({ env, cwd })).resolve(model).engine;
  } catch (error) {
    if (error instanceof HumError && error.code === "model_unknown") return "faster-whisper";
    throw error;
  }
}

async function openLibrary(
  config: RunConfig,
  options: SutContext & { batched: boolean; signal: AbortSignal; startTimeoutMs: number },
): Promise<SutInstance> {
  const { env, cwd, batched, signal, startTimeoutMs } = options;
  const own = loadConfig({ env, cwd });
  const model = createCatalogue(own).resolve(config.model);
  const settings = {
    model_dir: model.path,
    device: config.device ?? "auto",
    // The library's own default, which leaves the weights' type where the device has it.
    compute_type: config.compute_type === undefined || config.compute_type === "auto" ? "default" : config.compute_type,
    workers: config.workers || null,
    threads: config.threads_per_worker || null,
    batched,
  };
  const start = (until: AbortSignal) =>
    startReference(settings, {
      python: own.python,
      signal: until,
      startTimeoutMs,
      ...(options.onLine === undefined ? {} : { onLine: options.onLine }),
    });
  let running: ReferenceProcess | null = await start(signal);
  const { ready, process_start_s } = running;
  /** Requests that somebody waits for; and whether one goes on that nobody does. */
  let wanted = 0;
  const left = new Set<Promise<unknown>>();

  /**
   * The library cannot be interrupted: a request that was left goes on. While others run beside it that is what its
   * users would have too; after them its process is ended, so that it does not burden what is measured next, and the
   * next trial's `prepare` starts another.
   */
  async function endWhatWasLeft(): Promise<void> {
    if (wanted > 0 || left.size === 0) return;
    const ending = running;
    running = null;
    left.clear();
    await ending?.end();
  }

  async function transcribe({ item, config: asked, streaming, signal: until }: Asked): Promise<Outcome> {
    if (running === null)
      throw new HumError("sidecar_lost", "faster-whisper's process was ended; prepare starts it anew");
    const askedMs = performance.now();
    let firstS: number | null = null;
    const reply = running.ask({
      path: item.path,
      options: libraryCall(asked, { batched }).options,
      onFirst: () => {
        firstS = (performance.now() - askedMs) / 1000;
      },
    });
    wanted += 1;
    const leave = Promise.withResolvers<null>();
    const onAbort = () => leave.resolve(null);
    if (until.aborted) onAbort();
    else until.addEventListener("abort", onAbort, { once: true });
    try {
      const first = await Promise.race([reply, leave.promise]);
      if (first !== null) return outcomeOf(first, streaming ? firstS : null);
      left.add(reply);
      reply.then(
        () => left.delete(reply),
        () => left.delete(reply),
      );
      return abandoned(until);
    } finally {
      until.removeEventListener("abort", onAbort);
      wanted -= 1;
      await endWhatWasLeft();
    }
  }

  return {
    facts: {
      model: model.name,
      revision: model.revision,
      device: ready.device,
      compute_type: ready.compute_type,
      ...ready.versions,
    },
    opening: { process_start_s, load_s: ready.load_s },
    get pids() {
      return running === null ? [] : [running.pid];
    },
    async prepare(_items, until) {
      running ??= await start(until);
    },
    transcribe,
    async close() {
      await running?.end();
    },
  };
}

function outcomeOf(reply: ReferenceReply, firstSegmentS: number | null): Outcome {
  if (reply.type === "failed") return failed({ status: "error", code: reply.code, message: reply.message });
  const { prepare_s, generate_s, language, segments } = reply;
  return {
    ok: true,
    answer: {
      text: segments.map(({ text }) => text).join(""),
      language,
      segments,
      first_segment_s: firstSegmentS,
      stages: { prepare: prepare_s, generate: generate_s },
    },
  };
}
