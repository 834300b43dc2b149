/** Runs the compose service `bench` on the engine of the Docker context, and stops it so that its results are whole. */
import { checkoutRoot } from "../../core/checkout.ts";
import { runCommand, spawnChild } from "../../platform/child.ts";
import { stateOfCode } from "../capture/provenance.ts";
import type { Compose } from "./compose.ts";
import { lastLine } from "./ssh.ts";

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

/** What the engine's machine calls itself. Rejects where the engine does not answer. */
async function engineName(env: Record<string, string>): Promise<string> {
  const { code, out, err } = await runCommand({ command: "docker", args: ["info", "--format", "{{.Name}}"], env });
  if (code === 0 && out.trim() !== "") return out.trim();
  throw new Error(`the Docker engine does not answer: ${lastLine(err)}`);
}

/** Rejects where a benchmark runs there already: a second one would end it, and measure beside it. */
export async function runOnEngine(run: EngineRun): Promise<EngineOutcome> {
  const { compose, definition, detach, signal, onLine } = run;
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
  const base = { command: compose.command, env, cwd: checkoutRoot };
  const other = await runningContainer(compose, env);
  if (other !== null) {
    throw new Error(
      `a benchmark runs there already; see it with: docker logs --follow ${other}, end it with: docker stop ${other}`,
    );
  }
  const manner = detach ? ["--detach"] : ["--exit-code-from", "bench", "--no-log-prefix"];
  const child = spawnChild({
    ...base,
    args: [...compose.args, "--ansi", "never", "up", "--build", ...manner, "bench"],
    onLine,
  });
  // Compose then stops the container, and waits until the benchmark has written the end of its results.
  const interrupt = () => child.kill("SIGINT");
  signal.addEventListener("abort", interrupt, { once: true });
  const { code, error } = await child.exited;
  signal.removeEventListener("abort", interrupt);
  if (error !== null) throw new Error(`${compose.command} does not run: ${error}`);
  const container = signal.aborted ? null : await runningContainer(compose, env);
  return container === null ? { kind: "ended", code: code ?? 1 } : { kind: "running", container, isMeant: detach };
}

/** Its id, as docker takes it. */
async function runningContainer({ command, args }: Compose, env: Record<string, string>): Promise<string | null> {
  const asked = [...args, "ps", "--status", "running", "--quiet", "bench"];
  const { code, out } = await runCommand({ command, args: asked, env, cwd: checkoutRoot });
  return code === 0 && out.trim() !== "" ? out.trim().slice(0, 12) : null;
}
