/** From the workloads of a definition to items that are at hand: found, hashed, and made where they are sounds. */
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ConfigError, type ConfigProblem } from "../../core/config-error.ts";
import { toError } from "../../core/to-error.ts";
import { makeDirectory } from "../../platform/make-directory.ts";
import type { Definition } from "../definition/schema.ts";
import type { GeneratedWorkload, Workload } from "../definition/workload.ts";
import { type FactsOptions, type FactsOrProblem, readAudioFacts } from "./audio-facts.ts";
import type { WorkloadItem } from "./item.ts";
import { audioPathOf, readManifest, shortened } from "./manifest.ts";
import { sampleOf } from "./sample.ts";
import { makeSound } from "./sounds.ts";
import { encodeWave, sampleRate } from "./wave-file.ts";

export interface ResolveOptions extends FactsOptions {
  /** What the paths of the definition are relative to. */
  directory: string;
  /** Of the protocol: chooses where a manifest is limited. */
  seed: number;
}

/** An item whose audio has still to be looked at. */
interface Draft {
  item: Omit<WorkloadItem, "sha256" | "duration_s">;
  /** What must be, or is known already; null is found out. */
  sha256: string | null;
  duration_s: number | null;
  /** Where it is said, for messages. */
  place: string;
}

/** Throws ConfigError with everything that is missing or wrong in any of them. */
export async function resolveWorkloads(
  definition: Pick<Definition, "workloads">,
  options: ResolveOptions,
): Promise<WorkloadItem[]> {
  const problems: ConfigProblem[] = [];
  const drafts: Draft[] = [];
  for (const workload of definition.workloads) {
    options.signal.throwIfAborted();
    try {
      drafts.push(...(await draftsOf(workload, options)));
    } catch (error) {
      if (error instanceof ConfigError) problems.push(...error.problems);
      else problems.push({ place: placeOf(workload), message: toError(error).message });
    }
  }
  const facts = await readAudioFacts(
    {
      paths: drafts.map(({ item }) => item.path),
      durations: new Set(drafts.filter(({ duration_s }) => duration_s === null).map(({ item }) => item.path)),
    },
    options,
  );
  const items = drafts.flatMap((draft) => {
    const held = heldTo(draft, facts.get(draft.item.path));
    if (held.ok) return [held.item];
    problems.push({ place: draft.place, message: held.problem });
    return [];
  });
  if (problems.length > 0) throw new ConfigError(shortened(problems, "workloads"));
  return items;
}

const placeOf = ({ name }: Workload) => `workload ${name}`;

function heldTo(
  { item, sha256, duration_s }: Draft,
  found: FactsOrProblem | undefined,
): { ok: true; item: WorkloadItem } | { ok: false; problem: string } {
  if (found?.ok !== true) return { ok: false, problem: `${item.path} ${found?.problem ?? "was not looked at"}` };
  const { facts } = found;
  if (sha256 !== null && sha256 !== facts.sha256) {
    return { ok: false, problem: `${item.path} has sha256 ${facts.sha256}, but must have ${sha256}` };
  }
  const lasts = duration_s ?? facts.duration_s ?? 0;
  if (lasts <= 0) return { ok: false, problem: `${item.path} holds no audio` };
  return { ok: true, item: { ...item, sha256: facts.sha256, duration_s: lasts } };
}

async function draftsOf(workload: Workload, options: ResolveOptions): Promise<Draft[]> {
  switch (workload.kind) {
    case "audio":
      return [await audioDraft(workload, options)];
    case "manifest":
      return manifestDrafts(workload, options);
    case "generated":
      return generatedDrafts(workload, options);
  }
}

async function audioDraft(workload: Extract<Workload, { kind: "audio" }>, options: ResolveOptions): Promise<Draft> {
  const { name, audio, sha256, expect, language, speaker } = workload;
  return {
    item: {
      key: `${name}/${name}`,
      workload: name,
      name,
      audio,
      path: resolve(options.directory, audio),
      text: await textOf(workload, options),
      expect,
      language: language ?? null,
      speaker: speaker ?? null,
    },
    sha256: sha256 ?? null,
    duration_s: null,
    place: placeOf(workload),
  };
}

/** Null where nobody said; both at once, and a text of what shall be silent, were refused with the definition. */
async function textOf(
  { text, text_file, expect }: Extract<Workload, { kind: "audio" }>,
  { directory }: ResolveOptions,
): Promise<string | null> {
  if (expect === "empty") return "";
  const said = text_file === undefined ? text : await readText(resolve(directory, text_file));
  return said?.trim() ?? null;
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    throw new Error(`its text_file cannot be read: ${toError(error).message}`);
  });
}

async function manifestDrafts(
  workload: Extract<Workload, { kind: "manifest" }>,
  options: ResolveOptions,
): Promise<Draft[]> {
  const manifest = await readManifest(resolve(options.directory, workload.manifest), workload.manifest);
  const count = workload.limit ?? manifest.items.length;
  return sampleOf(manifest.items, { count, seed: options.seed }).map((item) => ({
    item: {
      key: `${workload.name}/${item.name}`,
      workload: workload.name,
      name: item.name,
      audio: item.audio,
      path: audioPathOf(manifest, item),
      text: item.expect === "empty" ? "" : item.text,
      expect: item.expect,
      language: item.language,
      speaker: item.speaker,
    },
    sha256: item.sha256,
    duration_s: item.duration_s,
    place: `${workload.manifest} ${item.name}`,
  }));
}

async function generatedDrafts(workload: GeneratedWorkload, options: ResolveOptions): Promise<Draft[]> {
  const directory = join(options.cacheDir, "sounds");
  makeDirectory(directory);
  const drafts: Draft[] = [];
  for (let seed = workload.seed; seed < workload.seed + workload.count; seed += 1) {
    options.signal.throwIfAborted();
    const samples = makeSound({ ...workload, seed });
    const wave = encodeWave(samples);
    const sha256 = createHash("sha256").update(wave).digest("hex");
    const path = join(directory, `${workload.sound}-${sha256.slice(0, 16)}.wav`);
    await writeOnce(path, wave);
    const name = `${workload.sound}-${seed}`;
    drafts.push({
      item: {
        key: `${workload.name}/${name}`,
        workload: workload.name,
        name,
        audio: basename(path),
        path,
        text: workload.expect === "empty" ? "" : null,
        expect: workload.expect,
        language: null,
        speaker: null,
      },
      sha256,
      duration_s: samples.length / sampleRate,
      place: placeOf(workload),
    });
  }
  return drafts;
}

/** The name holds the hash of what is in it, so that equal sounds are one file; what was damaged is written anew. */
async function writeOnce(path: string, bytes: Buffer): Promise<void> {
  const there = await readFile(path).catch(() => null);
  if (there?.equals(bytes) === true) return;
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, bytes);
  await rename(draft, path);
}
