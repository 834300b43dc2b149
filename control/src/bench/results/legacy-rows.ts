/** The results of the old kind: one flat list, a row for each trial, with 15 keys. */
import { z } from "zod";
import { ConfigError } from "../../core/config-error.ts";
import { readYaml } from "../../core/yaml.ts";
import { problemsIn } from "../definition/problem.ts";
import { type RunConfig, type RunParameter, runConfigSchema } from "../definition/run-config.ts";

/** The parameters of a run config that such a row has. */
export const legacyParameters = [
  "model",
  "compute_type",
  "device",
  "beam_size",
  "vad_filter",
  "word_timestamps",
] as const satisfies readonly RunParameter[];

const parameters = runConfigSchema.shape;
const seconds = z.number().min(0).optional();

/** What a row lacks was not written down: it may lack anything. */
const rowSchema = z.object({
  model: parameters.model,
  compute_type: parameters.compute_type,
  device: parameters.device,
  beam_size: parameters.beam_size,
  vad_filter: parameters.vad_filter,
  word_timestamps: parameters.word_timestamps,
  audio_file: z.string().optional(),
  load_time: seconds,
  /** Until transcribe() returned, which is lazy: preparing alone. */
  inference_time: seconds,
  /** Of reading the segments, which is when they are generated. */
  transcription_time: seconds,
  total_transcription_time: seconds,
  total_time: seconds,
  audio_duration: seconds,
  rtf: seconds,
  transcription: z.string().optional(),
});
export type LegacyRow = z.infer<typeof rowSchema>;

/** Throws ConfigError with the line of each problem; `notes` tell what was read otherwise than it is written. */
export function readLegacyRows(file: string): { rows: LegacyRow[]; notes: string[] } {
  const yaml = readYaml(file);
  const schema = z.array(rowSchema).min(1);
  /** By what is told of it, the places. */
  const told = new Map<string, string[]>();
  const value = Array.isArray(yaml.value)
    ? yaml.value.map((row: unknown, index) =>
        mended(row, (name, what) => {
          const places = told.get(what) ?? [];
          told.set(what, [...places, `${file}:${yaml.lineOf([index, name])}`]);
        }),
      )
    : yaml.value;
  const problems = problemsIn(value, { schema, path: [] });
  if (problems.length > 0) {
    throw new ConfigError(problems.map(({ path, message }) => ({ place: `${file}:${yaml.lineOf(path)}`, message })));
  }
  const notes = [...told].map(([what, [first, ...more]]) =>
    more.length === 0 ? `${first}: ${what}` : `${first}: ${what} (and ${more.length} times more)`,
  );
  return { rows: schema.parse(value), notes };
}

/** Numbers and truths that were written as text become what they were meant as; null is what was not written down. */
function mended(row: unknown, tell: (name: string, what: string) => void): unknown {
  if (typeof row !== "object" || row === null || Array.isArray(row)) return row;
  const fields = Object.entries(row).flatMap(([name, value]: [string, unknown]) => {
    const schema = (rowSchema.shape as Record<string, z.ZodOptional | undefined>)[name]?.unwrap();
    if (schema === undefined) tell(name, `${name} has no place in a result and is left out`);
    if (schema === undefined || value === null) return [];
    const meant = typeof value === "string" ? meantBy(value, schema) : value;
    if (meant !== value && typeof value === "string")
      tell(name, `${name} is written as text and read as ${String(meant)}`);
    return [[name, meant]];
  });
  return Object.fromEntries(fields);
}

function meantBy(text: string, schema: unknown): unknown {
  const word = text.trim().toLowerCase();
  if (schema instanceof z.ZodNumber && word !== "" && Number.isFinite(Number(word))) return Number(word);
  if (schema instanceof z.ZodBoolean && ["true", "yes", "on"].includes(word)) return true;
  if (schema instanceof z.ZodBoolean && ["false", "no", "off"].includes(word)) return false;
  return text;
}

/** Its parameters; those that it lacks were the library's defaults. */
export function configOf(row: LegacyRow | RunConfig): RunConfig {
  return Object.fromEntries(legacyParameters.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])));
}
