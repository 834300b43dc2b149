/** What a broken connection means: the server is gone, and so is the run, or one request failed. */
import { HumError } from "../../core/errors.ts";
import { toError } from "../../core/to-error.ts";
import { failed } from "./speech-answer.ts";
import type { Outcome } from "./sut.ts";

const goneCodes: readonly string[] = ["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH"];

/** Throws HumError `sidecar_lost` where nothing listens there any more. */
export function networkOutcome(thrown: unknown, { url, signal }: { url: string; signal: AbortSignal }): Outcome {
  if (signal.aborted) throw thrown;
  const code = codeOf(thrown);
  const { message } = toError(thrown);
  if (code === null) throw thrown;
  if (goneCodes.includes(code)) {
    throw new HumError("sidecar_lost", `the server at ${url} is gone: ${code}`, { cause: thrown });
  }
  return failed({ status: "error", code, message: message === "" ? code : message });
}

/** Node joins the errors of all addresses that it tried into one, which has the code of the first. */
function codeOf(thrown: unknown): string | null {
  if (!(thrown instanceof Error) || !("code" in thrown)) return null;
  return typeof thrown.code === "string" ? thrown.code : null;
}
