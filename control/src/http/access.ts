/** Who may call: the bearer key, compared in constant time; without one, anybody but the pages of other web sites. */
import { createHash, timingSafeEqual } from "node:crypto";
import { HumError } from "../core/errors.ts";
import type { HttpContext } from "./deps.ts";

const digest = (text: string) => createHash("sha256").update(text).digest();

/** Throws HumError `unauthorized`. Only the key's digest is kept; digests are of equal length, so nothing leaks by time. */
export function createGate(apiKey: string | null): (c: HttpContext) => void {
  if (apiKey === null) return refuseForeignPage;
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

/**
 * A form of any page that the user of this machine looks at can be sent to a loopback address, and browsers say that it was.
 * Reading needs no refusal: the answer stays closed to the page, and may be what the user asked for by following a link.
 */
function refuseForeignPage(c: HttpContext): void {
  if (c.req.method === "GET" || c.req.method === "HEAD") return;
  if (!["cross-site", "same-site"].includes(c.req.header("sec-fetch-site") ?? "")) return;
  throw new HumError("unauthorized", "a page of another site may not ask for this; set http.api_key and send the key");
}
