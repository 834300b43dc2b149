/** Between messages and msgpack header frames: the only importer of msgpackr. */
import { Packr } from "msgpackr";
import { z } from "zod";
import { toError } from "../core/to-error.ts";
import { type FromSidecar, fromSidecarSchema, type ToSidecar } from "./messages.ts";

// Each setting answers a case that msgspec could not read: records, extension 0 for undefined, 32-bit map headers, BigInt.
const packr = new Packr({
  useRecords: false,
  encodeUndefinedAsNil: true,
  variableMapSize: true,
  int64AsType: "number",
});

export type Decoded<Message> =
  | { ok: true; message: Message }
  | { ok: false; reason: "unpack" | "type" | "field"; detail: string };

/** A buffer of its own for each message: msgpackr's shared one is overwritten while ZeroMQ still sends from it. */
export function encodeMessage(message: ToSidecar | FromSidecar): Buffer {
  return Buffer.from(packr.pack(message));
}

/** A header frame as a message of the given union; never throws, whatever the bytes are. */
export function decodeWith<Message>(schema: z.ZodType<Message>, frame: Uint8Array): Decoded<Message> {
  let value: unknown;
  try {
    value = packr.unpack(frame);
  } catch (error) {
    return { ok: false, reason: "unpack", detail: toError(error).message };
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return { ok: true, message: parsed.data };
  return { ok: false, reason: refusal(value, parsed.error), detail: z.prettifyError(parsed.error) };
}

/** Only a map with a type of a name that we do not know is a newer minor version; the rest is no message at all. */
function refusal(value: unknown, error: z.ZodError): "unpack" | "type" | "field" {
  if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string")
    return "unpack";
  return error.issues.some((issue) => issue.path[0] === "type") ? "type" : "field";
}

export function decodeMessage(frame: Uint8Array): Decoded<FromSidecar> {
  return decodeWith(fromSidecarSchema, frame);
}
