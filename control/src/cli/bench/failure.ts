/** The exit codes of the benchmark verbs for what they throw: 1 is a regression, and nothing else. */
import { exitCodes as verdictCodes } from "../../bench/compare/exit-codes.ts";
import { HumError } from "../../core/errors.ts";
import { type ExitCode, exitCodes } from "../io.ts";

/** As it stands in the help of each verb whose exit code is a verdict. */
export const exitCodeHelp =
  "Exit code: 0 passed, 1 regression, 2 usage, 3 inconclusive, 4 invalid run, 5 SUT unavailable, 6 not comparable.";

/** What was asked for, or a file that was named, is wrong: usage. A result that cannot be written, or a fault of ours: invalid. */
export function benchFailure(error: unknown): ExitCode {
  if (!(error instanceof HumError)) return verdictCodes.invalid;
  if (error.code === "bad_request" || error.code === "not_found") return exitCodes.usage;
  return error.code === "loading" ? verdictCodes.unavailable : verdictCodes.invalid;
}
