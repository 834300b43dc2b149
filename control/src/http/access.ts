/** Who may call: the bearer key, compared in constant time. */
import { createHash, timingSafeEqual } from "node:crypto";
import { HumError } from "../core/errors.ts";
import type { HttpContext } from "./deps.ts";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Throws HumError `unauthorized`. Only the key's digest is kept; digests are of equal length, so nothing leaks by time. */
export function createGate(apiKey: string | null): (c: HttpContext) => void {
  if (apiKey === null) return () => undefined;
  const wanted = digest(apiKey);
  return (c) => {
    const given = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "")?.[1];
    if (given === undefined) {
      throw new HumError("unauthorized", "no API key was sent; send it as `Authorization: Bearer <key>`");
    }
    if (!timingSafeEqual(digest(given), wanted)) {
      throw new HumError("unauthorized", "the API key is not the one that this server was configured with");
    }
  };
}
