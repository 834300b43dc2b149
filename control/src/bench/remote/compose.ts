/** Docker Compose, wherever it is: as Docker's plugin, as a program of its own, or among the checkout's packages. */
import { join } from "node:path";
import { checkoutRoot } from "../../core/checkout.ts";
import { runCommand } from "../../platform/child.ts";

export interface Compose {
  command: string;
  args: readonly string[];
}

const candidates: readonly Compose[] = [
  { command: "docker", args: ["compose"] },
  { command: "docker-compose", args: [] },
  { command: join(checkoutRoot, ".venv", "bin", "docker-compose"), args: [] },
];

/** The first of version 2 or later; rejects where there is none. */
export async function findCompose(env: Record<string, string>): Promise<Compose> {
  for (const candidate of candidates) {
    const { command, args } = candidate;
    const { code, out } = await runCommand({ command, args: [...args, "version", "--short"], env });
    if (code === 0 && Number(/^v?(\d+)\./.exec(out)?.[1] ?? 0) >= 2) return candidate;
  }
  throw new Error(
    "Docker Compose 2 or later is missing; install it (Debian's docker-compose-v2, or docker-compose-plugin)",
  );
}
