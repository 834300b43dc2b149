/** Which device everything runs on: CTranslate2 itself is asked, as both sides will ask it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { python } from "../e2e/direct.ts";
import type { BenchOptions } from "./options.ts";

export interface Device {
  device: "cpu" | "cuda";
  computeType: string;
}

const script = `
import json, ctranslate2
found = {"cpu": ctranslate2.get_supported_compute_types("cpu")}
if ctranslate2.get_cuda_device_count() > 0:
    found["cuda"] = ctranslate2.get_supported_compute_types("cuda")
print(json.dumps({device: sorted(types) for device, types in found.items()}))
`;
const foundSchema = z.object({ cpu: z.array(z.string()), cuda: z.array(z.string()).optional() });

/** Throws with the one sentence to show where it is not there, or does not know the compute type. */
export async function chooseDevice(asked: Pick<BenchOptions, "device" | "computeType">): Promise<Device> {
  const { stdout } = await promisify(execFile)(python, ["-c", script]);
  const found = foundSchema.parse(JSON.parse(stdout));
  const device = asked.device === "auto" ? (found.cuda === undefined ? "cpu" : "cuda") : asked.device;
  const types = found[device];
  if (types === undefined) {
    throw new Error(`--device is "cuda", but CTranslate2 finds no CUDA device here; it must be cpu or auto`);
  }
  const usual = device === "cuda" ? "float16" : "int8";
  const computeType = asked.computeType === "auto" ? usual : asked.computeType;
  if (types.includes(computeType)) return { device, computeType };
  const known = types.join(", ");
  throw new Error(`--compute-type is ${JSON.stringify(computeType)}; it must be auto, or for ${device}: ${known}`);
}
