/**
 * The conformance suite: what every sink does with its real bus, behind the real spool and the real pump.
 *
 * Use, in integration/ or system/:
 *
 *     import { conformance } from "../conformance/suite.ts";
 *     conformance({ kind: "redis", idempotent: true, broker: { restartMs: 5_000 }, unfitBytes: null, open });
 */
import { describe } from "vitest";
import type { Subject } from "./subject.ts";

export function conformance(subject: Subject): void {
  describe(`the ${subject.kind} sink`, () => {});
}
