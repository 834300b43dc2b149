/** The container of the compose service `bench`, as its engine tells of it. */
import { z } from "zod";
import { checkoutRoot } from "../../core/checkout.ts";
import { runCommand } from "../../platform/child.ts";
import type { Compose } from "./compose.ts";
import { lastLine } from "./ssh.ts";

export interface Container {
  /** As docker takes it. */
  id: string;
  isRunning: boolean;
  /** Another one with each start; null before the first. */
  started: string | null;
  exitCode: number;
}

const stateSchema = z.object({ Running: z.boolean(), StartedAt: z.string(), ExitCode: z.int() });

/** Null where there is none. Rejects where the engine does not answer. */
export async function findContainer(compose: Compose, env: Record<string, string>): Promise<Container | null> {
  const said = await ask(compose.command, [...compose.args, "ps", "--all", "--quiet", "bench"], env);
  const id = said.slice(0, 12);
  if (id === "") return null;
  const state = await ask("docker", ["inspect", "--format", "{{json .State}}", id], env);
  const { Running: isRunning, StartedAt, ExitCode: exitCode } = stateSchema.parse(JSON.parse(state));
  return { id, isRunning, started: StartedAt.startsWith("0001-") ? null : StartedAt, exitCode };
}

/** What the engine's machine calls itself. */
export const engineName = (env: Record<string, string>): Promise<string> =>
  ask("docker", ["info", "--format", "{{.Name}}"], env);

async function ask(command: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const { code, error, out, err } = await runCommand({ command, args, env, cwd: checkoutRoot });
  if (code === 0) return out.trim();
  throw new Error(`the Docker engine does not answer: ${error ?? lastLine(err)}`);
}
