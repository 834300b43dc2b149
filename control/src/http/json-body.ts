/** A small JSON body, parsed by a schema. */
import type { z } from "zod";
import { HumError } from "../core/errors.ts";
import { checkAnnounced, readBody } from "./body.ts";
import { defaultTiming, type HttpContext, type HttpDeps } from "./deps.ts";

const maxBytes = 64 * 1024;
const maxMs = 10_000;

/** Throws HumError `bad_request` with the field and what would be right, `too_large`, or `request_timeout`. */
export async function readJson<T>(c: HttpContext, options: { deps: HttpDeps; schema: z.ZodType<T> }): Promise<T> {
  const { deps, schema } = options;
  const { incoming } = c.env;
  const graceMs = deps.timing?.bodyGraceMs ?? defaultTiming.bodyGraceMs;
  const limits = { maxBytes, minBytesPerS: deps.config.http.min_body_bytes_per_s, graceMs, maxMs };
  checkAnnounced(incoming, limits);
  const chunks: Buffer[] = [];
  await readBody(incoming, {
    limits,
    clock: deps.clock,
    signal: c.get("left").signal,
    write(chunk) {
      chunks.push(chunk);
      return undefined;
    },
  });
  const parsed = schema.safeParse(parse(Buffer.concat(chunks).toString("utf8")), { reportInput: true });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const param = issue?.path.join(".") ?? "";
  const place = param === "" ? "the body" : param;
  throw new HumError("bad_request", `${place} is wrong: ${issue?.message ?? "it does not fit"}`, { param });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HumError("bad_request", "the body is no JSON; it must be one object, its names in double quotes");
  }
}
