/** The Docker context that is in force: where its engine is. */
import { z } from "zod";
import { runCommand } from "../../platform/child.ts";

export interface DockerContext {
  name: string;
  /** Such as `unix:///var/run/docker.sock` or `ssh://root@v1`. */
  endpoint: string;
}

const inspectedSchema = z.tuple([
  z.object({ Name: z.string(), Endpoints: z.object({ docker: z.object({ Host: z.string().default("") }) }) }),
]);

/** Null where there is no Docker. Rejects where it does not know its own context. DOCKER_HOST and DOCKER_CONTEXT count. */
export async function readDockerContext(env: Record<string, string>): Promise<DockerContext | null> {
  const { code, error, out, err } = await runCommand({ command: "docker", args: ["context", "inspect"], env });
  if (error !== null) return null;
  const inspected = code === 0 ? inspectedSchema.safeParse(parsedJson(out)) : undefined;
  if (inspected?.success !== true) {
    const reason = err.trim() === "" ? `it says ${JSON.stringify(out.slice(0, 200))}` : err.trim();
    throw new Error(`docker cannot tell its current context: ${reason}`);
  }
  const [{ Name: name, Endpoints }] = inspected.data;
  return { name, endpoint: Endpoints.docker.Host };
}

/** Its engine is reached through a socket of this machine. */
export const isLocal = ({ endpoint }: DockerContext): boolean => !/^(ssh|tcp|https?):\/\//.test(endpoint);

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
