/** The gate over names of places: no file names a path of one machine, or a package registry's host. */
import { readFileSync } from "node:fs";
import { sourceFiles } from "./files.ts";

/** Someone's home or a workspace at the root of a machine; `/tmp` is on every one. */
const machinePath = /(?<![\w.}\])-])\/(?:home|root|Users|work)\/[\w.-]+/;
const registryHost =
  /\b(?:registry\.npmjs\.\w+|npmjs\.(?:org|com)|yarnpkg\.com|pypi\.(?:org|python\.org)|pythonhosted\.org|(?:deb|security)\.debian\.org|maven\.(?:org|apache\.org)|proxy\.golang\.org|crates\.io)\b/;

const complaints = sourceFiles().flatMap((file) => {
  const bytes = readFileSync(file);
  return bytes.includes(0) ? [] : complaintsAbout(file, bytes.toString());
});
for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;

function complaintsAbout(file: string, text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    const path = machinePath.exec(line)?.[0];
    const host = registryHost.exec(line)?.[0];
    return [
      ...(path === undefined ? [] : [`${file}:${index + 1}: names ${path}, a path of one machine`]),
      ...(host === undefined ? [] : [`${file}:${index + 1}: names ${host}, a package registry; packages go by name`]),
    ];
  });
}
