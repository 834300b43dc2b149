/**
 * The manifest: a file of JSON lines that lists audio with its texts. The first line is the header, every further line
 * an item; a line can then be named in a message, looked for with grep, and 100,000 of them need no more than a second.
 */
import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, normalize, resolve } from "node:path";
import { z } from "zod";
import { ConfigError, type ConfigProblem } from "../../core/config-error.ts";
import { toError } from "../../core/to-error.ts";
import { expectations } from "../definition/workload.ts";

const manifestVersion = "hum-helix/workload-manifest@1";

const headerSchema = z.strictObject({
  schema: z.literal(manifestVersion),
  name: z.string().min(1),
  /** Where the audio and the texts come from, with a version. */
  source: z.string().min(1),
  /** Null where nobody said. */
  licence: z.string().nullable(),
  /** What made the manifest, how it was asked, and by which rules it chose. */
  made: z.strictObject({ by: z.string(), builder: z.string(), rules: z.array(z.string()) }),
  /** Directory that the paths of the items start from, relative to the manifest; null is where the manifest lies. */
  root: z.string().min(1).nullable(),
  /** How many follow: a file that was cut off is noticed. */
  items: z.int().min(0),
  duration_s: z.number().min(0),
  /** Of what the source has and the manifest has not, by reason. */
  left_out: z.record(z.string(), z.int()),
});
export type ManifestHeader = z.infer<typeof headerSchema>;

/** Items of a manifest are files of one's own: none leads out of its root. */
const insidePath = z
  .string()
  .min(1)
  .refine((path) => !isAbsolute(path) && !normalize(path).startsWith(".."), "must be a path inside of the root");

const manifestItemSchema = z.strictObject({
  name: z.string().min(1),
  audio: insidePath,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits"),
  duration_s: z.number().positive(),
  /** Null where nobody knows what is said. */
  text: z.string().nullable(),
  language: z.string().nullable(),
  speaker: z.string().nullable(),
  expect: z.enum(expectations),
});
export type ManifestItem = z.infer<typeof manifestItemSchema>;

export interface Manifest {
  header: ManifestHeader;
  /** Absolute. */
  root: string;
  items: ManifestItem[];
}

/** More would hide the first ones. */
const toldProblems = 50;

/** Throws ConfigError with every problem and its line. `name` is what messages call the file. */
export async function readManifest(file: string, name = file): Promise<Manifest> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new ConfigError([{ place: name, message: `cannot be read: ${toError(error).message}` }]);
  });
  const lines = text.split("\n");
  // What ends the last line.
  if (lines.at(-1) === "") lines.pop();
  const problems: ConfigProblem[] = [];
  const header = parseLine(lines[0] ?? "", { schema: headerSchema, place: `${name}:1`, problems });
  const items: ManifestItem[] = [];
  const lineOf = new Map<string, number>();
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === "") continue;
    const place = `${name}:${index + 1}`;
    const item = parseLine(line, { schema: manifestItemSchema, place, problems });
    if (item === undefined) continue;
    const earlier = lineOf.get(item.name);
    if (earlier !== undefined) {
      problems.push({ place, message: `name is ${JSON.stringify(item.name)} as in line ${earlier}; each must differ` });
    }
    lineOf.set(item.name, index + 1);
    items.push(item);
  }
  if (header !== undefined && problems.length === 0 && header.items !== items.length) {
    const message = `items is ${header.items}, but ${items.length} follow: the file is cut off, or was edited`;
    problems.push({ place: `${name}:1`, message });
  }
  if (header === undefined || problems.length > 0) throw new ConfigError(shortened(problems, name));
  return { header, root: resolve(dirname(file), header.root ?? "."), items };
}

/** Undefined where a problem was added. */
function parseLine<Schema extends z.ZodType>(
  line: string,
  options: { schema: Schema; place: string; problems: ConfigProblem[] },
): z.infer<Schema> | undefined {
  const { schema, place, problems } = options;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    problems.push({ place, message: `is no line of JSON: ${toError(error).message}` });
    return undefined;
  }
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const field = issue.path.map(String).join(".");
    const had = field === "" || issue.input === undefined ? "" : ` is ${JSON.stringify(issue.input)}`;
    problems.push({ place, message: `${field}${had}: ${issue.message}`.replace(/^: /, "") });
  }
  return undefined;
}

/** The first ones, and how many more there are. */
export function shortened(problems: readonly ConfigProblem[], place: string): ConfigProblem[] {
  if (problems.length <= toldProblems) return [...problems];
  const more = { place, message: `and ${problems.length - toldProblems} more` };
  return [...problems.slice(0, toldProblems), more];
}

export function formatManifest(header: Omit<ManifestHeader, "schema">, items: readonly ManifestItem[]): string {
  const lines = [{ schema: manifestVersion, ...header }, ...items];
  return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
}

/** Absolute path of an item's audio. */
export const audioPathOf = ({ root }: Pick<Manifest, "root">, { audio }: Pick<ManifestItem, "audio">) =>
  join(root, audio);
