/**
 * Pulls the result files of another host, also while a run there is writing: each is held against the host's own hash of
 * as many bytes before it is put beside the others, and none that is complete here is ever replaced.
 */
import { rmSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { takeLock } from "../../platform/file-lock.ts";
import { makeDirectory } from "../../platform/make-directory.ts";
import { listResults, type ResultSummary } from "../results/catalogue.ts";
import { hashOf, writeChecksum } from "../results/checksum.ts";
import { addressText } from "./address.ts";
import { hashRemote, listRemote, type RemoteFile } from "./listing.ts";
import { pullFiles } from "./pull.ts";
import { differs, type Settled, settle, shorter } from "./settle.ts";
import type { Remote } from "./ssh.ts";

export interface SyncedFile {
  name: string;
  /** Of the copy here. */
  bytes: number;
  /** `open` has no end yet: it is being written, or its harness died; null where the copy cannot be read as results. */
  status: ResultSummary["status"] | null;
  trials: number | null;
  /** Seconds since it was last written to there. */
  age_s: number;
  action: Settled["action"];
  /** What is wrong with it; the copy here is as it was before. */
  problem: string | null;
}

export interface Sync {
  remote: Remote;
  /** Where results lie there. */
  directory: string;
  /** Where they are put here. */
  into: string;
  onProgress: (text: string) => void;
}

/** Rejects where the host, its directory or rsync are not there, or another sync from it is under way. */
export async function syncResults(sync: Sync): Promise<SyncedFile[]> {
  const host = addressText(sync.remote.address);
  const into = resolve(sync.into);
  const staging = join(into, ".sync", host.replaceAll(/[^\w.-]/g, "_"));
  makeDirectory(staging);
  const lock = takeLock(`${staging}.lock`);
  if (lock === null) throw new Error(`another sync from ${host} into ${into} is under way`);
  try {
    const synced = await pullAndSettle(sync, { host, into, staging });
    rmSync(staging, { recursive: true });
    return synced;
  } finally {
    lock.release();
  }
}

interface Places {
  host: string;
  into: string;
  /** Where files arrive, and where those lie that an interrupted pull has begun. */
  staging: string;
}

async function pullAndSettle({ remote, directory, onProgress }: Sync, places: Places): Promise<SyncedFile[]> {
  const { host, into, staging } = places;
  onProgress(`asking ${host} for its results`);
  const listed = await listRemote(remote, directory);
  const before = await resultsIn(into);
  const isComplete = ({ name }: RemoteFile) => before.get(name)?.status === "complete";
  const names = listed.filter((file) => !isComplete(file)).map(({ name }) => name);
  if (names.length > 0) {
    const arrived = new Set<string>();
    const onFile = (name: string) => onProgress(`pulling ${arrived.add(name).size} of ${names.length}: ${name}`);
    await pullFiles(remote, { directory, names, into: staging, beside: into, onFile });
  }
  onProgress(`holding ${listed.length} against what ${host} has`);
  const copies = listed.map((file): Copy => {
    const path = join(isComplete(file) ? into : staging, file.name);
    return { file, path, isComplete: isComplete(file), bytes: statSync(path).size };
  });
  const theirs = await hashRemote(remote, {
    directory,
    files: copies.map(({ file, bytes }) => ({ name: file.name, bytes })),
  });
  const settled: Settled[] = [];
  for (const copy of copies) settled.push(await hold(copy, { theirs: theirs.get(copy.file.name), host, into }));
  const here = await resultsIn(into);
  return copies.map(({ file: { name, age_s }, bytes }, index) => {
    const result = here.get(name);
    return {
      ...{ name, age_s, problem: null, action: "kept", ...settled[index] },
      ...{ bytes: result?.bytes ?? bytes, status: result?.status ?? null, trials: result?.trials ?? null },
    };
  });
}

interface Copy {
  file: RemoteFile;
  path: string;
  /** Whether it lies among the results and is complete: then it was not pulled. */
  isComplete: boolean;
  bytes: number;
}

async function hold(
  { file, path, isComplete, bytes }: Copy,
  { theirs, host, into }: { theirs: string | undefined; host: string; into: string },
): Promise<Settled> {
  const isSame = (await hashOf(path, bytes)) === theirs;
  if (isComplete) {
    if (file.bytes < bytes) return { action: "kept", problem: shorter(host, { theirs: file.bytes, ours: bytes }) };
    return isSame && file.bytes === bytes ? { action: "unchanged" } : { action: "kept", problem: differs(host) };
  }
  if (!isSame) return { action: "kept", problem: `what arrived is not what ${host} has; sync again` };
  // Of a complete run the host's own harness wrote down what it had written.
  if (file.sha256 !== null && bytes === file.bytes && file.sha256 !== theirs) {
    return { action: "kept", problem: `${host} has it damaged: its .sha256 tells of another content` };
  }
  const settled = await settle(path, { file: join(into, file.name), host });
  if (file.sha256 !== null && settled.action !== "kept") await writeChecksum(join(into, file.name));
  return settled;
}

/** Those that can be read, by name. */
async function resultsIn(directory: string): Promise<Map<string, ResultSummary>> {
  const listed = await listResults(directory);
  return new Map(listed.flatMap((result) => ("run" in result ? [[basename(result.file), result] as const] : [])));
}
