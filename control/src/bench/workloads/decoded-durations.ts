/** How long files last that are no plain WAV: the sidecar's decoder runs through them, in processes of its own. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { checkoutRoot } from "../../core/checkout.ts";
import { HumError } from "../../core/errors.ts";
import { spawnChild } from "../../platform/child.ts";
import { childEnvironment } from "../../platform/child-environment.ts";

export type Decoded = { ok: true; duration_s: number } | { ok: false; problem: string };

const answersSchema = z.array(z.union([z.object({ duration_s: z.number() }), z.object({ problem: z.string() })]));

/** Fewer are not worth another process, which takes a third of a second to start. */
const leastShare = 32;
const stopGraceMs = 2000;

/** Rejects where the decoder does not run at all; what is wrong with one file is its answer. */
export async function decodedDurations(
  paths: readonly string[],
  options: { python: string; signal: AbortSignal; onDone: (count: number) => void },
): Promise<Map<string, Decoded>> {
  if (paths.length === 0) return new Map();
  const processes = Math.max(1, Math.min(availableParallelism(), Math.floor(paths.length / leastShare)));
  const directory = await mkdtemp(join(tmpdir(), "hum-durations-"));
  let done = 0;
  const onOne = () => {
    done += 1;
    options.onDone(done);
  };
  try {
    const shares = Array.from({ length: processes }, (_, share) =>
      paths.filter((_path, index) => index % processes === share),
    );
    const answers = await Promise.all(
      shares.map((share, index) => decode(share, { ...options, onOne, draft: join(directory, String(index)) })),
    );
    return new Map(answers.flat());
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function decode(
  paths: readonly string[],
  options: { python: string; signal: AbortSignal; onOne: () => void; draft: string },
): Promise<[path: string, decoded: Decoded][]> {
  const { python, signal, onOne, draft } = options;
  const [list, answers] = [`${draft}-list.json`, `${draft}-answers.json`];
  await writeFile(list, JSON.stringify(paths));
  signal.throwIfAborted();
  let said = "";
  const child = spawnChild({
    command: python,
    args: ["-m", "hum_sidecar.durations", list, answers],
    env: childEnvironment(join(checkoutRoot, "sidecar", "src")),
    onLine(line, stream) {
      if (stream === "stdout") onOne();
      else said = line;
    },
  });
  const stop = () => {
    child.stop(stopGraceMs).catch(() => undefined);
  };
  signal.addEventListener("abort", stop, { once: true });
  const exit = await child.exited;
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
  if (exit.code !== 0) {
    const reason = exit.error ?? (said === "" ? `it ended with ${exit.code ?? exit.signal}` : said);
    throw new HumError("internal", `${python} cannot tell how long audio lasts: ${reason}`);
  }
  const read = answersSchema.parse(JSON.parse(await readFile(answers, "utf8")));
  return read.map((answer, index) => {
    const decoded: Decoded = "problem" in answer ? { ok: false, ...answer } : { ok: true, ...answer };
    return [paths[index] ?? "", decoded];
  });
}
