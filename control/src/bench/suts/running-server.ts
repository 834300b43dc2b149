/** What a server of ours that runs already can be asked for: the engine that it has, and no other. */
import { HumError } from "../../core/errors.ts";
import type { RunConfig, RunParameter } from "../definition/run-config.ts";
import type { HumHelixNode } from "./hum-helix-node.ts";

/** Undefined where it does not tell. */
export interface RunningEngine {
  device: string | undefined;
  compute_type: string | undefined;
  sidecars: number | undefined;
}

/** What it was started with it does not tell; 0 asks for nothing. */
const hidden = ["workers", "threads_per_worker", "max_batch"] as const;
const told = ["device", "compute_type", "sidecars"] as const;

/** `look` is called where the config asks for something that the server tells; null from it where none answers. */
export async function unfitAxes(config: RunConfig, look: () => Promise<RunningEngine | null>): Promise<RunParameter[]> {
  const unknown = hidden.filter((axis) => (config[axis] ?? 0) !== 0);
  const asked = told.filter((axis) => config[axis] !== undefined && config[axis] !== "auto");
  const engine = asked.length === 0 ? null : await look();
  if (engine === null) return unknown;
  const fits = {
    device: engine.device === config.device,
    compute_type: isType(engine.compute_type, config.compute_type),
    sidecars: engine.sidecars === config.sidecars,
  };
  return [...asked.filter((axis) => !fits[axis]), ...unknown];
}

/** CTranslate2 tells `int8` with the type of all that it does not quantize, such as int8_float32. */
const isType = (running: string | undefined, asked: string | undefined) =>
  running === asked || (asked === "int8" && running?.startsWith("int8_") === true);

/** Loads the model first, as its first request would: before, nobody knows how it will run. */
export async function engineOf(node: HumHelixNode, config: RunConfig): Promise<RunningEngine> {
  const model = await modelOf(node, config);
  await node.load(model);
  const placement = await node.placement(model);
  const resident = (await node.loaded()).find((one) => one.model === model);
  return {
    device: placement?.device,
    compute_type: placement?.compute_type,
    sidecars: resident?.slots.length,
  };
}

/** The canonical name of the run config's model, or of the server's default. */
export async function modelOf(node: HumHelixNode, { model }: RunConfig): Promise<string> {
  const found = (await node.modelNamed(model ?? "whisper-1")) ?? model;
  if (found !== undefined) return found;
  throw new HumError("loading", "the server does not tell its default model; name one");
}
