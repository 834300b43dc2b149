/** The lists of the configuration whose entries are of several kinds, each with fields of its own. */
import { z } from "zod";
import { commandSourceSchema } from "./command-settings.ts";
import { sinkSettingsSchema } from "./sink-settings.ts";
import type { Path } from "./yaml.ts";

const lists = { "events.sinks": sinkSettingsSchema, "commands.sources": commandSourceSchema };

/** Where they are. */
export const listPaths: readonly (readonly [section: string, field: string])[] = [
  ["events", "sinks"],
  ["commands", "sources"],
];

type Listed = (typeof lists)[keyof typeof lists];

/** The schema of the list's entries that a path leads into; undefined where it leads into none. */
export function listedAt(path: Path): Listed | undefined {
  return (lists as Record<string, Listed>)[path.slice(0, 2).join(".")];
}

export const kindsOf = (listed: Listed): string[] => listed.options.map((option) => option.shape.kind.value);

/** Names of the fields that an entry of its kind takes; none where `settings` names no kind. */
export function fieldsOf(listed: Listed, settings: unknown): string[] {
  const kind = z.object({ kind: z.string() }).safeParse(settings).data?.kind;
  const schema = listed.options.find((option) => option.shape.kind.value === kind);
  return schema === undefined ? [] : Object.keys(schema.shape);
}
