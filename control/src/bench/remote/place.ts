/** Where a benchmark runs: as a process of this machine, or on a Docker engine here or elsewhere. */
import { HumError } from "../../core/errors.ts";
import { quote } from "../../core/quote.ts";
import { type DockerContext, isLocal } from "./docker-context.ts";

export type Place = { kind: "machine" } | { kind: "engine"; context: DockerContext };

/**
 * BENCH is `local`, `docker`, or not set: then an engine elsewhere is chosen and one of this machine is not, since a
 * container between the clock and the model would be one more thing to explain. Throws for what cannot be.
 */
export async function choosePlace(
  bench: string | undefined,
  readContext: () => Promise<DockerContext | null>,
): Promise<Place> {
  if (bench === "local") return { kind: "machine" };
  if (bench !== undefined && bench !== "" && bench !== "docker") {
    throw new HumError("bad_request", `BENCH is ${quote(bench)}; it must be docker or local`);
  }
  const context = await readContext();
  if (context !== null && (bench === "docker" || !isLocal(context))) return { kind: "engine", context };
  if (bench === "docker")
    throw new HumError("bad_request", "BENCH=docker needs Docker, and there is no docker command here");
  return { kind: "machine" };
}
