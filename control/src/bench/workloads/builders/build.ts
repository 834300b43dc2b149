/** From what a builder has gathered to a manifest: every clip hashed and measured, and whatever is amiss told by name. */
import { copyFile, rename, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { checkoutRoot, version } from "../../../core/checkout.ts";
import { makeDirectory } from "../../../platform/make-directory.ts";
import { type FactsOptions, type FactsOrProblem, readAudioFacts } from "../audio-facts.ts";
import { formatManifest, type ManifestItem } from "../manifest.ts";
import type { Gathered, LeftOut } from "./source.ts";

export interface Built {
  /** Of the manifest. */
  file: string;
  name: string;
  items: number;
  duration_s: number;
  leftOut: LeftOut[];
  /** Lists what was left out, one per line; null where nothing was. */
  leftOutFile: string | null;
}

/** `copy` puts the audio beside the manifest, so that the folder can be taken elsewhere. */
export async function buildManifest(
  gathered: Gathered,
  options: FactsOptions & { out: string; copy: boolean },
): Promise<Built> {
  const { name, root, candidates } = gathered;
  const paths = candidates.map(({ audio }) => join(root, audio));
  const facts = await readAudioFacts({ paths, durations: new Set(paths) }, options);
  const leftOut = [...gathered.leftOut];
  const items: ManifestItem[] = [];
  const byHash = new Map<string, ManifestItem>();
  for (const candidate of candidates) {
    const judged = judge(facts.get(join(root, candidate.audio)), { text: candidate.text, byHash });
    if (!judged.ok) {
      leftOut.push({ name: candidate.name, ...judged.why });
      continue;
    }
    const { text, language, speaker, expect, audio } = candidate;
    const item = {
      name: candidate.name,
      audio,
      sha256: judged.sha256,
      duration_s: judged.duration_s,
      text,
      language,
      speaker,
      expect,
    };
    byHash.set(judged.sha256, item);
    items.push(item);
  }
  if (items.length === 0)
    throw new Error(`${name}: no clip is left\n${leftOut.slice(0, 20).map(sentenceOf).join("\n")}`);
  makeDirectory(options.out);
  if (options.copy) await copyAudio(items, { from: root, to: join(options.out, name), signal: options.signal });
  const duration_s = Math.round(items.reduce((sum, item) => sum + item.duration_s, 0) * 1000) / 1000;
  const file = join(options.out, `${name}.jsonl`);
  const header = {
    name,
    source: gathered.source,
    licence: gathered.licence,
    made: { by: `hum-helix ${version}`, builder: gathered.builder, rules: gathered.rules },
    root: options.copy ? name : rootFrom(options.out, root),
    items: items.length,
    duration_s,
    left_out: countByReason(leftOut),
  };
  await replace(file, formatManifest(header, items));
  const leftOutFile = leftOut.length === 0 ? null : join(options.out, `${name}.left-out.txt`);
  if (leftOutFile !== null) {
    await replace(leftOutFile, leftOut.map((one) => `${sentenceOf(one)}\n`).join(""));
  }
  return { file, name, items: items.length, duration_s, leftOut, leftOutFile };
}

type Judged = { ok: true; sha256: string; duration_s: number } | { ok: false; why: Omit<LeftOut, "name"> };

function judge(
  found: FactsOrProblem | undefined,
  { text, byHash }: { text: string | null; byHash: ReadonlyMap<string, ManifestItem> },
): Judged {
  const not = (reason: string, detail?: string): Judged => ({
    ok: false,
    why: { reason, ...(detail === undefined ? {} : { detail }) },
  });
  if (found?.ok !== true) return not(found?.problem ?? "was not looked at");
  const { sha256, duration_s } = found.facts;
  if (duration_s === null || duration_s <= 0) return not("holds no audio");
  const twin = byHash.get(sha256);
  // Heard twice it would count twice, and a pair of clips that are one is no sample of two.
  if (twin !== undefined) {
    const reason = twin.text === text ? "is the same audio as another" : "is the same audio as another of another text";
    return not(reason, twin.name);
  }
  return { ok: true, sha256, duration_s };
}

const sentenceOf = ({ name, reason, detail }: LeftOut) =>
  `${name}: ${reason}${detail === undefined ? "" : ` (${detail})`}`;

export function countByReason(leftOut: readonly LeftOut[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of leftOut) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

/** What lies in the checkout or beside the manifest is found again when both are moved; what the system has is where it is. */
function rootFrom(out: string, root: string): string {
  const near = relative(out, root);
  const together = [checkoutRoot, dirname(out)].some((base) => isInside(base, out) && isInside(base, root));
  return together ? near || "." : root;
}

const isInside = (base: string, path: string) => path === base || path.startsWith(`${base}/`);

async function copyAudio(
  items: readonly ManifestItem[],
  { from, to, signal }: { from: string; to: string; signal: AbortSignal },
): Promise<void> {
  for (const { audio } of items) {
    signal.throwIfAborted();
    makeDirectory(dirname(join(to, audio)));
    await copyFile(join(from, audio), join(to, audio));
  }
}

/** In one step: who reads it sees the old one or the new one. */
async function replace(file: string, text: string): Promise<void> {
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, text);
  await rename(draft, file);
}
