/** The Expect header: the upload meets `100-continue`; nobody here could meet another one. */
import type { IncomingMessage } from "node:http";
import type { MiddlewareHandler } from "hono";
import { HumError } from "../core/errors.ts";
import { quote } from "../core/quote.ts";
import type { HttpEnv } from "./deps.ts";
import { failureResponse } from "./failure.ts";

/** As Node decides whether to emit `checkContinue`. */
const oursToMeet = /(?:^|\W)100-continue(?:$|\W)/i;

/** HTTP/1.0 knows no Expect, and has it ignored (RFC 9110 section 10.1.1). */
export const expects = ({ headers, httpVersion }: IncomingMessage): string | null =>
  httpVersion === "1.0" ? null : (headers.expect ?? null);

export const refuseExpectation: MiddlewareHandler<HttpEnv> = async (c, next) => {
  const expected = expects(c.env.incoming);
  if (expected === null || oursToMeet.test(expected)) return next();
  const message = `Expect is ${quote(expected)}; it must be 100-continue, or not be sent`;
  const refusal = failureResponse(new HumError("bad_request", message));
  return new Response(refusal.body, { status: 417, headers: refusal.headers });
};
