/** Keeps every event within the size that each bus takes: what is too large is left out, and `dataref` says where it is. */
import { type EventData, type EventName, sheddable } from "./catalogue.ts";
import { type CloudEvent, type EventFacts, seal } from "./envelope.ts";

/** Of an event's JSON in UTF-8. */
export const maxEventBytes = 60 * 1024;

/** Strings longer than this are cut, but only where the event is still too large without what may be null. */
const maxCutChars = 512;

/** An event, and the JSON that every bus carries. */
export interface BoundedEvent {
  event: CloudEvent;
  json: string;
}

export function sealBounded<Name extends EventName>(facts: EventFacts<Name>): BoundedEvent {
  const event = seal(facts);
  const json = JSON.stringify(event);
  return fits(json) ? { event, json } : shorten(event, facts);
}

/** No character takes more than three bytes per UTF-16 unit, so that most events need not be counted. */
const fits = (json: string) => json.length * 3 <= maxEventBytes || Buffer.byteLength(json) <= maxEventBytes;

function shorten<Name extends EventName>(sealed: CloudEvent, facts: EventFacts<Name>): BoundedEvent {
  const { data: whole, ...attributes } = sealed;
  const dataref = attributes.dataref ?? datarefOf(facts.data);
  const shortened = (data: unknown): BoundedEvent => {
    const event = { ...attributes, ...(dataref === null ? null : { dataref }), data };
    return { event, json: JSON.stringify(event) };
  };

  let data: unknown = whole;
  for (const path of sheddable[facts.name] ?? []) {
    data = withoutValueAt(data, path.split("."));
    const bounded = shortened(data);
    if (fits(bounded.json)) return bounded;
  }
  return shortened(withShortStrings(data));
}

/** The job's transcript, with what was asked for; null where the event is about no job. */
function datarefOf(data: EventData<EventName>): string | null {
  return "job_id" in data ? `/v1/transcripts/${encodeURIComponent(data.job_id)}` : null;
}

function withoutValueAt(value: unknown, [key, ...rest]: string[]): unknown {
  if (key === undefined) return null;
  return isRecord(value) ? { ...value, [key]: withoutValueAt(value[key], rest) } : value;
}

function withShortStrings(value: unknown): unknown {
  if (typeof value === "string") {
    // Cutting may leave half of a character.
    return value.length > maxCutChars ? `${value.slice(0, maxCutChars - 1).toWellFormed()}…` : value;
  }
  if (Array.isArray(value)) return value.map(withShortStrings);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withShortStrings(item)]));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
