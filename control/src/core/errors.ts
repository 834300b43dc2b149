/** HumError and the one table of failure codes (proto/errors.json) that HTTP, the wire and events share. */
import table from "../../../proto/errors.json" with { type: "json" };
import { toError } from "./to-error.ts";

export type ErrorCode = keyof typeof table;

export const errorTable: Readonly<Record<ErrorCode, { status: number; retryable: boolean; type: string }>> = table;

export const errorCodes = Object.keys(table) as [ErrorCode, ...ErrorCode[]];

/** A failure as data: what crosses the wire and lands in events. `stage` is where in a job's path it happened. */
export interface Failure {
  code: ErrorCode;
  message: string;
  retryable: boolean;
  stage: Stage;
}

export const stages = ["admission", "decode", "load", "transcribe", "deliver"] as const;
export type Stage = (typeof stages)[number];

/** The exception of ours; ConfigError is its one special kind. The message says what was wrong, with the value, and what would be right. */
export class HumError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly stage: Stage;
  /** The request field that was wrong, as OpenAI's `param`; null where no single field is. */
  readonly param: string | null;
  /** When to try again, in whole seconds; null where only the code tells. */
  readonly retryAfterS: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { stage?: Stage; param?: string; retryable?: boolean; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "HumError";
    this.code = code;
    this.retryable = options.retryable ?? errorTable[code].retryable;
    this.stage = options.stage ?? "admission";
    this.param = options.param ?? null;
    this.retryAfterS = options.retryAfterS ?? null;
  }

  toFailure(): Failure {
    return { code: this.code, message: this.message, retryable: this.retryable, stage: this.stage };
  }
}

/** Any thrown value as a HumError: ours stay as they are, everything else becomes `internal` with its cause kept. */
export function toHumError(thrown: unknown, stage: Stage = "admission"): HumError {
  if (thrown instanceof HumError) return thrown;
  const message = toError(thrown).message;
  return new HumError("internal", message, { stage, cause: thrown });
}
