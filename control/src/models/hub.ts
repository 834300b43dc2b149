/** A model from the Hugging Face hub: hum_sidecar.pull fetches its files, and each is hashed before it counts. */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { HumError } from "../core/errors.ts";
import type { HubSource } from "../core/model-source.ts";
import { differenceOf, type FileFacts, hashFile } from "./hash.ts";
import { explain, failureSchema, type HubFailure } from "./hub-failure.ts";
import type { StageOptions } from "./options.ts";
import { runTool } from "./tool.ts";

const progressSchema = z.object({ done_bytes: z.number(), total_bytes: z.number() });

/** Leaves the files in `options.directory`, where an earlier run may have left parts of them. */
export async function stageHub(source: HubSource, options: StageOptions): Promise<Record<string, FileFacts>> {
  const { staging, directory, model } = options;
  // What is there of another revision is of no use any more.
  for (const name of await readdir(staging)) {
    if (join(staging, name) !== directory) await rm(join(staging, name), { recursive: true });
  }
  await mkdir(directory, { recursive: true });
  const failure = await download(source, options);
  if (failure !== undefined) {
    if (failure.failed === "mismatch") await rm(staging, { recursive: true });
    throw new HumError("internal", explain(failure, { source, directory: staging, model }), { stage: "load" });
  }
  const facts: Record<string, FileFacts> = {};
  for (const [name, file] of Object.entries(source.files)) {
    options.onProgress({ step: "verify", file: name });
    const found = await hashFile(join(directory, name), options.signal);
    const problem = differenceOf(found, file);
    if (problem !== undefined) {
      // Going on from wrong bytes would be wrong again.
      await rm(staging, { recursive: true });
      throw new HumError("internal", `${model}/${name} ${problem}`, { stage: "load" });
    }
    facts[name] = found;
  }
  return facts;
}

/** Undefined where every file is there. */
async function download(source: HubSource, options: StageOptions): Promise<HubFailure | undefined> {
  const wanted = Object.entries(source.files).map(
    ([name, { bytes = null, sha256 = null }]) => [name, { bytes, sha256 }] as const,
  );
  const { repository, revision } = source;
  const request = { repository, revision, directory: options.directory, files: Object.fromEntries(wanted) };
  let failure: HubFailure | undefined;
  const outcome = await runTool({
    command: options.python,
    args: ["-m", "hum_sidecar.pull", JSON.stringify(request)],
    // HF_ENDPOINT, HF_TOKEN and proxies are the user's; what runs here, and under what, is no business of the hub's.
    env: {
      ...options.env,
      PYTHONPATH: options.packageDir,
      HF_HUB_DISABLE_TELEMETRY: "1",
      HF_HUB_DISABLE_PROGRESS_BARS: "1",
    },
    signal: options.signal,
    onLine(line, stream) {
      if (stream !== "stdout") return;
      const told = readLine(line);
      const progress = progressSchema.safeParse(told).data;
      if (progress !== undefined) {
        options.onProgress({ step: "download", doneBytes: progress.done_bytes, totalBytes: progress.total_bytes });
      }
      failure ??= failureSchema.safeParse(told).data;
    },
  });
  if (outcome.code === 0) return undefined;
  return failure ?? { failed: "internal", reason: outcome.lines.at(-1) ?? `it ended with ${outcome.code}` };
}

function readLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
