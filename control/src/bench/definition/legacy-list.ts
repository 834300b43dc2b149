/** The explicit list of benchmarks that definitions were before, as a definition. */
import { basename, extname } from "node:path";
import { z } from "zod";
import { type Problem, problemsIn } from "./problem.ts";
import { runConfigSchema } from "./run-config.ts";
import { type Definition, definitionSchema, definitionVersion } from "./schema.ts";

const { model, compute_type, device, beam_size, vad_filter, word_timestamps } = runConfigSchema.shape;

const entrySchema = z.strictObject({
  model: model.unwrap(),
  compute_type,
  device,
  beam_size,
  vad_filter,
  word_timestamps,
  audio_file: z.string().min(1),
});

const listSchema = z.strictObject({
  benchmarks: z.array(entrySchema).min(1).max(10_000),
  download_root: z.string().nullish(),
});

/** A definition has its version, the old list has none. */
export const isList = (value: Readonly<Record<string, unknown>>): boolean =>
  "benchmarks" in value && !("schema" in value);

export type Converted = { ok: true; definition: Definition; notes: string[] } | { ok: false; problems: Problem[] };

/**
 * As the list was run: each entry once, without warm-up, with a model that was loaded for it, by plain faster-whisper.
 * `name` is that of the file.
 */
export function convertList(value: unknown, { name }: { name: string }): Converted {
  const parsed = listSchema.safeParse(value);
  if (!parsed.success) return { ok: false, problems: problemsIn(value, { schema: listSchema, path: [] }) };
  const { benchmarks, download_root } = parsed.data;
  const files = [...new Set(benchmarks.map(({ audio_file }) => audio_file))];
  const names = workloadNames(files);
  const definition = definitionSchema.parse({
    schema: definitionVersion,
    name: plain(basename(name, extname(name))),
    workloads: files.map((audio, index) => ({ kind: "audio", name: names[index], audio })),
    suts: [{ kind: "faster-whisper" }],
    include: benchmarks.map(({ audio_file, ...config }) => ({
      config,
      workloads: [names[files.indexOf(audio_file)]],
    })),
    protocol: { warmup: 0, min_trials: 1, order: "sequential", isolation: "fresh-process" },
  });
  const twice =
    benchmarks.length - new Set(benchmarks.map((entry) => JSON.stringify(Object.entries(entry).toSorted()))).size;
  const notes = [
    ...(download_root == null
      ? []
      : [`download_root ${download_root} is not used: models are where \`hum-helix models\` keeps them`]),
    ...(twice === 0 ? [] : [`${twice} of ${benchmarks.length} benchmarks equal another one and are not run again`]),
  ];
  return { ok: true, definition, notes };
}

/** The files' own names; a number tells equal ones apart. */
export function workloadNames(files: readonly string[]): string[] {
  const taken = new Set<string>();
  return files.map((file) => {
    const wanted = plain(basename(file, extname(file)));
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted.slice(0, 58)}-${number}`;
    taken.add(name);
    return name;
  });
}

const plain = (text: string) => text.replaceAll(/[^\w.-]+/g, "-").slice(0, 64) || "unnamed";
