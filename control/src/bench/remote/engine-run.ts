/** Runs the compose service `bench` on the engine of the Docker context, and stops it so that its results are whole. */
import { checkoutRoot } from "../../core/checkout.ts";
import { spawnChild } from "../../platform/child.ts";
import { stateOfCode } from "../capture/provenance.ts";
import type { Compose } from "./compose.ts";
import { engineName, findContainer } from "./container.ts";

export interface EngineRun {
  compose: Compose;
  /** The user's, with BENCH_DIR and, where results belong to a user of this machine, BENCH_USER. */
  env: Record<string, string>;
  /** Path in the image. */
  definition: string;
  detach: boolean;
  signal: AbortSignal;
  onLine: (line: string, stream: "stdout" | "stderr") => void;
}

/** `running`: it goes on there without us, as was meant or because the connection was lost. */
export type EngineOutcome = { kind: "ended"; code: number } | { kind: "running"; container: string; isMeant: boolean };

/**
 * Rejects where a benchmark runs there already, since a second one would end it; and where the image cannot be built or the
 * container not be started, so that no failure of Docker's is taken for a verdict.
 */
export async function runOnEngine(run: EngineRun): Promise<EngineOutcome> {
  const { compose, definition, detach, signal } = run;
  const { commit, dirty } = await stateOfCode(run.env);
  const env = {
    // The compose file's other service wants one.
    HUM_API_KEY: "unused here",
    ...run.env,
    DEFINITION: definition,
    BENCH_HOSTNAME: await engineName(run.env),
    BENCH_COMMIT: commit ?? "",
    BENCH_DIRTY: String(dirty === true),
  };
  const before = await findContainer(compose, env);
  if (before?.isRunning === true) {
    const { id } = before;
    throw new Error(
      `a benchmark runs there already; see it with: docker logs --follow ${id}, end it with: docker stop ${id}`,
    );
  }
  const built = await call(["build", "bench"], { ...run, env });
  if (built !== 0) throw new Error(`the image cannot be built: Compose ended with ${built}, and said above why`);
  const manner = detach ? ["--detach"] : ["--exit-code-from", "bench", "--no-log-prefix"];
  // It fails as the benchmark does, or with a failure of its own: the container tells which.
  await call(["up", "--no-build", ...manner, "bench"], { ...run, env });
  const after = await findContainer(compose, env);
  if (after === null || after.started === null || after.started === before?.started) {
    signal.throwIfAborted();
    throw new Error("the benchmark did not start there; Compose said above why");
  }
  const { id: container, isRunning, exitCode: code } = after;
  return isRunning ? { kind: "running", container, isMeant: detach } : { kind: "ended", code };
}

/** Resolves with Compose's exit code. */
async function call(args: readonly string[], { compose, env, signal, onLine }: EngineRun): Promise<number | null> {
  signal.throwIfAborted();
  const child = spawnChild({
    command: compose.command,
    args: [...compose.args, "--ansi", "never", ...args],
    env,
    cwd: checkoutRoot,
    onLine,
  });
  // Compose then stops the container, and waits until the benchmark has written the end of its results.
  const interrupt = () => child.kill("SIGINT");
  signal.addEventListener("abort", interrupt, { once: true });
  const { code, error } = await child.exited;
  signal.removeEventListener("abort", interrupt);
  if (error !== null) throw new Error(`${compose.command} does not run: ${error}`);
  return code;
}
