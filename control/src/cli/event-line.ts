/** One event as one line for a person: when, what, about which request or slot, and what matters of its data. */
import { z } from "zod";
import { type CloudEvent, nameOf } from "../events/envelope.ts";

const facts = z.record(z.string(), z.unknown());
const maxDetail = 160;

export function eventLine(event: CloudEvent): string {
  const time = event.time.slice(11, 23);
  const subject = event.subject.slice(event.subject.indexOf("/") + 1);
  const data = facts.safeParse(event.data).data ?? {};
  return [time, nameOf(event.type).padEnd(24), subject, detailOf(data)].join("  ").trimEnd();
}

/** A transcript's text where there is one, else the plain values. Control characters would act on the terminal. */
function detailOf(data: Record<string, unknown>): string {
  const text = typeof data.text === "string" ? JSON.stringify(data.text.trim()) : describe(data);
  const error = facts.safeParse(data.error).data;
  const line = error === undefined ? text : `${error.code}: ${error.message}`;
  const plain = line.replaceAll(/\p{Cc}/gu, " ");
  return plain.length > maxDetail ? `${plain.slice(0, maxDetail - 3)}...` : plain;
}

/** Values that the subject tells already, and those without a word for a person, are left out. */
const untold = new Set(["request_id", "job_id", "slot", "attempt"]);

function describe(data: Record<string, unknown>): string {
  return Object.entries(data)
    .filter(([name, value]) => !untold.has(name) && ["string", "number", "boolean"].includes(typeof value))
    .map(([name, value]) => `${name}=${typeof value === "number" ? Number(value.toFixed(3)) : value}`)
    .join(" ");
}
