/** Finds the result file that a person means: a path, `latest`, or the beginning of a run's id or of its file's name. */
import { existsSync, statSync } from "node:fs";
import { basename, resolve } from "node:path";
import { HumError } from "../../core/errors.ts";
import { pathFrom } from "../../core/invocation.ts";
import { quote } from "../../core/quote.ts";
import { type ListedResult, listResults } from "./catalogue.ts";

/** So many are told where none, or more than one, is meant. */
const toldRuns = 8;

/**
 * The file's path. Throws ConfigError where the directory cannot be listed, HumError `not_found` where nothing fits, and
 * `bad_request` where several do; the message tells what there is.
 */
export async function findResult(
  asked: string,
  { directory, cwd }: { directory: string; cwd: string },
): Promise<string> {
  const path = resolve(cwd, asked);
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) return path;
    throw new HumError("bad_request", `${asked} is a directory; it must be a result file, or a run in ${directory}`);
  }
  if (asked.includes("/")) throw new HumError("not_found", `${asked}: there is no such file`);
  const listed = await listResults(directory);
  const place = pathFrom(cwd, directory);
  if (listed.length === 0) {
    throw new HumError("not_found", `there are no results in ${place} yet; hum-helix bench run smoke makes the first`);
  }
  if (asked === "latest") {
    const newest = listed.find((result) => "run" in result);
    if (newest !== undefined) return newest.file;
    throw new HumError("not_found", `${place} holds no result that can be read:\n${told(listed)}`);
  }
  const meant = meantBy(asked, listed);
  const [first, second] = meant;
  if (first !== undefined && second === undefined) return first.file;
  throw first === undefined
    ? new HumError("not_found", `no run in ${place} begins with ${quote(asked)}; there are:\n${told(listed)}`)
    : new HumError("bad_request", `${meant.length} runs in ${place} begin with ${quote(asked)}:\n${told(meant)}`);
}

/** An id goes before a name: all names begin alike. */
function meantBy(asked: string, listed: readonly ListedResult[]): ListedResult[] {
  const byId = listed.filter((result) => "run" in result && result.run.run_id.startsWith(asked));
  return byId.length > 0 ? byId : listed.filter(({ file }) => basename(file).startsWith(asked));
}

function told(listed: readonly ListedResult[]): string {
  const lines = listed
    .slice(0, toldRuns)
    .map((result) =>
      "run" in result
        ? `  ${result.run.run_id.slice(0, 8)}  ${result.run.started.slice(0, 16).replace("T", " ")}  ${result.run.name}`
        : `  ${basename(result.file)}`,
    );
  const more = listed.length - lines.length;
  return [...lines, ...(more > 0 ? [`  and ${more} older ones (hum-helix bench list)`] : [])].join("\n");
}
