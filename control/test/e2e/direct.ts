/** Plain faster-whisper in a process of its own: what every transcript of ours is compared with. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { checkoutRoot } from "../../src/core/checkout.ts";

const directSchema = z.array(
  z.object({
    language: z.string(),
    duration: z.number(),
    segments: z.array(
      z.object({
        start: z.number(),
        end: z.number(),
        text: z.string(),
        tokens: z.array(z.number()),
        temperature: z.number(),
        avg_logprob: z.number(),
        words: z.array(z.object({ word: z.string(), start: z.number(), end: z.number() })),
      }),
    ),
  }),
);
export type Direct = z.infer<typeof directSchema>[number];

export const python = join(checkoutRoot, ".venv", "bin", "python");

export function modelDir(model: string): string {
  return join(process.env.HUM_MODEL_DIR ?? join(checkoutRoot, ".hum", "models"), model);
}

/** `options` are those of `WhisperModel.transcribe`. */
export async function transcribeDirectly(
  files: string[],
  options: { model: string; options: object },
): Promise<Direct[]> {
  const script = join(checkoutRoot, "sidecar", "tests", "direct.py");
  const args = [script, modelDir(options.model), JSON.stringify(options.options), ...files];
  const { stdout } = await promisify(execFile)(python, args, { maxBuffer: 64 * 1024 * 1024 });
  return directSchema.parse(JSON.parse(stdout));
}
