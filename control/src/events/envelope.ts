/** The envelope: CloudEvents 1.0 in structured JSON, with the extension attributes that order and relate our events. */
import { randomUUIDv7 } from "node:crypto";
import { z } from "zod";
import type { EventData, EventName } from "./catalogue.ts";
import { nounOf } from "./catalogue.ts";

const prefix = "io.humhelix.";
const suffix = ".v1";

/** What a consumer may rely on; attributes it does not know are kept as they are. */
export const cloudEventSchema = z.looseObject({
  specversion: z.literal("1.0"),
  id: z.string().min(1),
  /** `/humhelix/<node>/<epoch>/<stream>`; the epoch changes whenever the sequence begins anew. */
  source: z.string().regex(/^\/humhelix\/[^/]+\/[^/]+\/(transcription|system|benchmark)$/),
  type: z.string().regex(/^io\.humhelix\.[a-z_]+(\.[a-z_]+)+\.v[0-9]+$/),
  subject: z.string().regex(/^[a-z_.]+\/.+$/),
  time: z.iso.datetime(),
  datacontenttype: z.literal("application/json"),
  dataschema: z.string().regex(/^urn:humhelix:schema:/),
  /** Counts from 1 without a gap within a source: what is missing was lost, and is seen to be. */
  sequence: z.string().regex(/^[0-9]{16}$/),
  partitionkey: z.string().min(1),
  /** The request id; absent where no request is behind the event. */
  correlationid: z.string().min(1).optional(),
  causationid: z.string().min(1).optional(),
  traceparent: z.string().min(1).optional(),
  data: z.unknown(),
});
export type CloudEvent = z.infer<typeof cloudEventSchema>;

export interface EventFacts<Name extends EventName> {
  name: Name;
  /** What the event is about: a request id, a slot, a model, a node. */
  subjectId: string;
  source: string;
  /** From 1. */
  sequence: number;
  /** Milliseconds since the epoch. */
  wallMs: number;
  /** Null where no request is behind the event. */
  requestId: string | null;
  data: EventData<Name>;
}

export function seal<Name extends EventName>(facts: EventFacts<Name>): CloudEvent {
  return {
    specversion: "1.0",
    id: randomUUIDv7(),
    source: facts.source,
    type: typeOf(facts.name),
    subject: `${nounOf(facts.name)}/${facts.subjectId}`,
    time: new Date(facts.wallMs).toISOString(),
    datacontenttype: "application/json",
    dataschema: `urn:humhelix:schema:${facts.name}:v1`,
    sequence: String(facts.sequence).padStart(16, "0"),
    partitionkey: facts.subjectId,
    ...(facts.requestId === null ? {} : { correlationid: facts.requestId }),
    data: facts.data,
  };
}

export const typeOf = (name: EventName): string => `${prefix}${name}${suffix}`;

/** The inverse of `typeOf`, also for types that this version does not know. */
export const nameOf = (type: string): string => type.slice(prefix.length, -suffix.length);
