/** The JSON line that `transcribe --json` prints for a file. */
import { z } from "zod";
import type { SpeechResult } from "./speech-client.ts";

/** Of verbose_json, what a script needs; segments keep every field that the server sent. */
const verboseSchema = z.object({
  text: z.string(),
  language: z.string(),
  duration: z.number(),
  segments: z.array(z.looseObject({ start: z.number(), end: z.number(), text: z.string() })),
});

export function transcriptLine(file: string, result: SpeechResult): string {
  if (!result.ok) return JSON.stringify({ file, error: result.error });
  return JSON.stringify({ file, ...verboseSchema.parse(JSON.parse(result.body)) });
}
