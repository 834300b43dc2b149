/** The list of speech that manifests can be made of: what is installed, how much it is, and what brings the rest. */
import { existsSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { pathSources } from "../../bench/workloads/builders/by-path.ts";
import { packagedSources } from "../../bench/workloads/builders/packaged.ts";
import type { Gathered, PackagedSource } from "../../bench/workloads/builders/source.ts";
import { invocation } from "../../core/invocation.ts";
import { formatBytes } from "../../core/size.ts";
import { columns } from "../command.ts";
import { type ExitCode, exitCodes, type Io } from "../io.ts";
import { renderTable } from "../table.ts";

export async function listSources({ json }: { json: boolean }, io: Io): Promise<ExitCode> {
  const rows = await Promise.all(packagedSources.map(rowOf));
  if (json) {
    io.out(`${JSON.stringify(rows)}\n`);
    return exitCodes.ok;
  }
  const cells = rows.map(({ name, installed, clips, bytes, language, title, packages }) => [
    name,
    installed ? "yes" : "no",
    clips === null ? "-" : String(clips),
    bytes === null ? "-" : formatBytes(bytes),
    language,
    installed ? title : `apt-get install ${packages.join(" ")}`,
  ]);
  io.out(renderTable(["SOURCE", "INSTALLED", "CLIPS", "SIZE", "LANGUAGE", "WHAT IT IS"], cells));
  const own = pathSources.map(({ name, title }): [string, string] => [`${name} PATH`, title]);
  io.out(
    `\nYour own:\n${columns(own)}\n\nA manifest is made by: ${invocation()} bench workloads SOURCE... --out DIR\n`,
  );
  return exitCodes.ok;
}

async function rowOf({ name, title, language, packages, evidence, gather }: PackagedSource) {
  const installed = existsSync(evidence);
  const gathered = installed ? await gather() : null;
  return {
    name,
    title,
    language,
    packages,
    installed,
    clips: gathered?.candidates.length ?? null,
    bytes: gathered === null ? null : await bytesOf(gathered),
  };
}

async function bytesOf({ root, candidates }: Gathered): Promise<number> {
  const sizes = await Promise.all(candidates.map(async ({ audio }) => (await stat(join(root, audio))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
