/** The envelope: CloudEvents 1.0 in structured JSON, with the extension attributes that order and relate our events. */
import { randomUUIDv7 } from "node:crypto";
import { z } from "zod";
import type { EventData, EventName } from "./catalogue.ts";
import { nounOf } from "./catalogue.ts";

const prefix = "io.humhelix.";
const suffix = ".v1";

/** W3C Trace Context: version, trace, parent and flags. */
export const traceparentPattern = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What a consumer may rely on; attributes it does not know are kept as they are. */
export const cloudEventSchema = z.looseObject({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  source: z
    .string()
    .regex(/^\/humhelix\/[^/]+\/[^/]+\/(transcription|system|benchmark)$/)
    .describe("`/humhelix/<node>/<epoch>/<stream>`; the epoch changes whenever the sequence begins anew."),
  type: z.string().regex(/^io\.humhelix\.[a-z_]+(\.[a-z_]+)+\.v[0-9]+$/),
  subject: z.string().regex(/^[a-z_.]+\/.+$/),
  time: z.iso.datetime(),
  datacontenttype: z.literal("application/json"),
  dataschema: z.string().regex(/^urn:humhelix:schema:/),
  sequence: z
    .string()
    .regex(/^[0-9]{16}$/)
    .optional()
    .describe(
      "Counts from 1 without a gap within a source: what is missing was lost, and is seen to be. Ephemeral events have none.",
    ),
  partitionkey: z.string().min(1).describe("Events of one key stay in order."),
  correlationid: z.string().min(1).optional().describe("The request id; absent where no request is behind the event."),
  causationid: z.string().min(1).optional().describe("The id of the command that caused the event, where one did."),
  traceparent: z
    .string()
    .regex(traceparentPattern)
    .optional()
    .describe("W3C Trace Context of the request or command, where it had one."),
  dataref: z
    .string()
    .min(1)
    .optional()
    .describe("A path of this node's HTTP API: where the whole is of what was too large for an event."),
  data: z.unknown(),
});
export type CloudEvent = z.infer<typeof cloudEventSchema>;

export interface EventFacts<Name extends EventName> {
  name: Name;
  /** What the event is about: a request id, a slot, a model, a node. */
  subjectId: string;
  source: string;
  /** From 1; null for an ephemeral event, which takes no number. */
  sequence: number | null;
  /** Milliseconds since the epoch. */
  wallMs: number;
  /** Null where no request is behind the event. */
  requestId: string | null;
  /** The id of the command that caused it. */
  causationId?: string | null;
  /** As the request or the command had it. */
  traceparent?: string | null;
  dataref?: string | null;
  data: EventData<Name>;
}

/** Checks nothing, since it is called for every event: the types, and the tests of whoever makes the data, do. */
export function seal<Name extends EventName>(facts: EventFacts<Name>): CloudEvent {
  const { name, subjectId, sequence, requestId, causationId, traceparent, dataref } = facts;
  return {
    specversion: "1.0",
    id: randomUUIDv7(),
    source: facts.source,
    type: typeOf(name),
    subject: `${nounOf(name)}/${subjectId}`,
    time: new Date(facts.wallMs).toISOString(),
    datacontenttype: "application/json",
    dataschema: dataSchemaOf(name),
    ...(sequence === null ? null : { sequence: String(sequence).padStart(16, "0") }),
    partitionkey: subjectId,
    ...(requestId === null ? null : { correlationid: requestId }),
    ...(causationId == null ? null : { causationid: causationId }),
    ...(traceparent == null ? null : { traceparent }),
    ...(dataref == null ? null : { dataref }),
    data: facts.data,
  };
}

export const typeOf = (name: EventName): string => `${prefix}${name}${suffix}`;

/** The name of the schema of an event's data, and no address: asyncapi.json has them all. */
export const dataSchemaOf = (name: EventName): string => `urn:humhelix:schema:${name}:v1`;

/** The inverse of `typeOf`, also for types that this version does not know. */
export const nameOf = (type: string): string => type.slice(prefix.length, -suffix.length);
