/** Reads what came in over a bus: a command, or why it is none and whom to tell. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { requestIdPattern } from "../core/job.ts";
import { commandEnvelopeSchema, commandSchema, commandTypeOf } from "../events/commands.ts";
import type { JobOrigin } from "../events/feed.ts";

type Command = z.infer<typeof commandSchema>;
export type RequestCommand = Extract<Command, { type: "io.humhelix.transcription.request.v1" }>;
export type CancelCommand = Extract<Command, { type: "io.humhelix.transcription.cancel.v1" }>;

/** Whom the events of a command's job relate to. */
export type Origin = Omit<JobOrigin, "signal">;

export type Reading =
  | { kind: "request"; command: RequestCommand; origin: Origin }
  | { kind: "cancel"; command: CancelCommand }
  /** `origin` where somebody waits for an answer: it asks for a transcription, and says who asks. */
  | { kind: "unreadable"; reason: string; origin: Origin | null };

export function readCommand(text: string): Reading {
  const json = parseJson(text);
  if (json === undefined) return { kind: "unreadable", reason: "it is no JSON", origin: null };
  const parsed = commandSchema.safeParse(json);
  if (!parsed.success) return { kind: "unreadable", reason: reasonOf(parsed.error), origin: askerOf(json) };
  const command = parsed.data;
  if (command.type === commandTypeOf("transcription.cancel")) return { kind: "cancel", command };
  return { kind: "request", command, origin: originOf(command, command.data.request_id) };
}

/** The job of a command, in every node and every life: 122 bits of a hash, in the form of a UUID. */
export function jobIdOf({ source, id }: { source: string; id: string }): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([source, id]))
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex", 0, 16);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function originOf(
  command: { source: string; id: string; traceparent?: string | undefined },
  requestId: string | undefined,
): Origin {
  const id = jobIdOf(command);
  return { id, requestId: requestId ?? id, causationId: command.id, traceparent: command.traceparent ?? null };
}

const askerSchema = commandEnvelopeSchema
  .pick({ id: true, source: true })
  .extend({ type: z.literal(commandTypeOf("transcription.request")), data: z.unknown() });
const requestIdSchema = z.object({ request_id: z.string().regex(requestIdPattern) });

function askerOf(json: unknown): Origin | null {
  const { data: asker } = askerSchema.safeParse(json);
  if (asker === undefined) return null;
  return originOf({ source: asker.source, id: asker.id }, requestIdSchema.safeParse(asker.data).data?.request_id);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first thing that is wrong, as `field: what it must be`; without the value, which may be all of the audio. */
function reasonOf(error: z.ZodError): string {
  const { path, message } = deepest(error.issues[0], []);
  return path.length === 0 ? message : `${path.join(".")}: ${message}`;
}

interface Found {
  path: readonly PropertyKey[];
  message: string;
}

/** What is wrong with the branch of a union that was meant: the one that comes furthest. */
function deepest(issue: z.core.$ZodIssue | undefined, above: readonly PropertyKey[]): Found {
  if (issue === undefined) return { path: above, message: "it is no command" };
  const path = [...above, ...issue.path];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return { path, message: issue.message };
  const branches = issue.errors.map((issues) => ({ count: issues.length, found: deepest(issues[0], path) }));
  const closest = branches.toSorted((a, b) => b.found.path.length - a.found.path.length || a.count - b.count)[0];
  // None came further than another: to say what one of them wants would mislead.
  const isClear = branches.filter(({ found }) => found.path.length === closest?.found.path.length).length === 1;
  return isClear && closest !== undefined
    ? closest.found
    : { path, message: "it is none of the forms that it may have" };
}
