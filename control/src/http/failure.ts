/** Failures as OpenAI's clients expect them: one body shape, one mapping from HumError to status and headers. */
import { errorTable, HumError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";

export interface FailureBody {
  error: { message: string; type: string; param: string | null; code: string };
}

export function failureBody(error: HumError): FailureBody {
  return {
    error: { message: error.message, type: errorTable[error.code].type, param: error.param, code: error.code },
  };
}

/** Seconds until trying again is worth while, where nobody predicted it. */
const retryAfterS: Partial<Record<HumError["code"], number>> = { rate_limited: 1, overloaded: 2, loading: 5 };

function failureHeaders(error: HumError): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/json" };
  const waitS = error.retryAfterS ?? retryAfterS[error.code];
  if (waitS !== undefined) headers["retry-after"] = String(waitS);
  if (error.code === "unauthorized") headers["www-authenticate"] = "Bearer";
  return headers;
}

export function failureResponse(error: HumError): Response {
  return new Response(JSON.stringify(failureBody(error)), {
    status: errorTable[error.code].status,
    headers: failureHeaders(error),
  });
}

/** What a client may read of a thrown value: our own words, and nothing of an unexpected exception's. Logs our faults. */
export function presentable(thrown: unknown, context: { log: Log; requestId: string }): HumError {
  const { log, requestId } = context;
  const message = `this server failed unexpectedly; its log has the cause under request id ${requestId}`;
  const error = thrown instanceof HumError ? thrown : new HumError("internal", message, { cause: thrown });
  if (errorTable[error.code].status >= 500) {
    const level = isFullQueue(error) ? "debug" : error.retryable ? "warn" : "error";
    log[level]({ err: error, code: error.code, request_id: requestId }, "a request failed");
  }
  return error;
}

/**
 * A queue that is full is no fault, and a line for each refusal would be work that makes it fuller: the node tells it once,
 * by an event. A disk or a memory that is full has a cause, or another stage.
 */
const isFullQueue = (error: HumError) =>
  error.code === "overloaded" && error.stage === "admission" && error.cause === undefined;
