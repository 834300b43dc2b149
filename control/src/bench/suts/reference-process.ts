/** Plain faster-whisper in a Python process of its own: requests as lines on its stdin, answers on its stdout. */
import { join } from "node:path";
import { z } from "zod";
import { checkoutRoot } from "../../core/checkout.ts";
import { HumError } from "../../core/errors.ts";
import { spawnChild } from "../../platform/child.ts";
import { childEnvironment } from "../../platform/child-environment.ts";
import { inWords } from "./own-server.ts";
import { within } from "./patience.ts";
import { jsonOf, segmentSchema } from "./speech-answer.ts";

export interface ReferenceSettings {
  model_dir: string;
  device: string;
  compute_type: string;
  /** Null leaves the library's default. */
  workers: number | null;
  threads: number | null;
  batched: boolean;
}

const readySchema = z.object({
  type: z.literal("ready"),
  load_s: z.number(),
  device: z.string(),
  compute_type: z.string(),
  versions: z.record(z.string(), z.string()),
});
const answerSchema = z.object({
  type: z.literal("answer"),
  id: z.int(),
  prepare_s: z.number(),
  generate_s: z.number(),
  language: z.string(),
  segments: z.array(segmentSchema),
});
const failedSchema = z.object({ type: z.literal("failed"), id: z.int(), code: z.string(), message: z.string() });
const lineSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("started") }),
  z.object({ type: z.literal("first"), id: z.int() }),
  readySchema,
  answerSchema,
  failedSchema,
]);

export type ReferenceReply = z.infer<typeof answerSchema> | z.infer<typeof failedSchema>;

export interface ReferenceRequest {
  path: string;
  options: Record<string, unknown>;
  /** Called when the first segment is there. */
  onFirst: () => void;
}

export interface ReferenceProcess {
  readonly pid: number;
  readonly ready: z.infer<typeof readySchema>;
  readonly process_start_s: number;
  /** Rejects with HumError `sidecar_lost` where the process ends first. */
  ask(request: ReferenceRequest): Promise<ReferenceReply>;
  /** It holds nothing that would need an end in order. */
  end(): Promise<void>;
}

const keptLines = 20;

/** Throws HumError `loading` where it does not become ready, with what it said last. */
export async function startReference(
  settings: ReferenceSettings,
  options: { python: string; signal: AbortSignal; startTimeoutMs: number; onLine?: (line: string) => void },
): Promise<ReferenceProcess> {
  const { signal, startTimeoutMs } = options;
  signal.throwIfAborted();
  const startedMs = performance.now();
  const started = Promise.withResolvers<number>();
  const ready = Promise.withResolvers<z.infer<typeof readySchema>>();
  const waiting = new Map<number, PromiseWithResolvers<ReferenceReply> & Pick<ReferenceRequest, "onFirst">>();
  const said: string[] = [];
  let last = 0;

  function hear(line: string) {
    const message = lineSchema.parse(jsonOf(line));
    if (message.type === "started") started.resolve((performance.now() - startedMs) / 1000);
    else if (message.type === "ready") ready.resolve(message);
    else if (message.type === "first") waiting.get(message.id)?.onFirst();
    else {
      waiting.get(message.id)?.resolve(message);
      waiting.delete(message.id);
    }
  }

  const child = spawnChild({
    command: options.python,
    args: ["-m", "hum_sidecar.reference", JSON.stringify(settings)],
    env: plainEnvironment(),
    onLine(line, stream) {
      if (stream === "stdout") return hear(line);
      options.onLine?.(line);
      said.push(line);
      if (said.length > keptLines) said.shift();
    },
  });
  const ended = child.exited.then((exit) => `faster-whisper's process ended (${inWords(exit)}): ${said.join("\n")}`);
  const early = ended.then((message) => {
    throw new HumError("loading", message);
  });
  try {
    const [process_start_s, facts] = await within(
      Promise.race([Promise.all([started.promise, ready.promise]), early]),
      {
        signal,
        timeoutMs: startTimeoutMs,
        late: () => new HumError("loading", `faster-whisper was not ready after ${startTimeoutMs / 1000} s`),
      },
    );
    const over = new AbortController();
    void ended.then((message) => {
      over.abort(new HumError("sidecar_lost", message));
      for (const { reject } of waiting.values()) reject(over.signal.reason);
      waiting.clear();
    });
    return {
      pid: child.pid ?? 0,
      ready: facts,
      process_start_s,
      async ask({ onFirst, ...request }) {
        over.signal.throwIfAborted();
        last += 1;
        const reply = Promise.withResolvers<ReferenceReply>();
        waiting.set(last, { ...reply, onFirst });
        child.write(`${JSON.stringify({ id: last, ...request })}\n`);
        return reply.promise;
      },
      async end() {
        child.kill("SIGKILL");
        await child.exited;
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    await child.exited;
    throw error;
  }
}

/** As whoever uses the library has it: without what makes our own engines faster. */
function plainEnvironment(): Record<string, string> {
  const { OPENBLAS_THREAD_TIMEOUT: _, ...plain } = childEnvironment(join(checkoutRoot, "sidecar", "src"));
  return plain;
}
