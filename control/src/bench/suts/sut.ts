/** The seam to a system under test: what the runner needs of it, whatever it is. */
import type { RunConfig, RunParameter } from "../definition/run-config.ts";
import type { WorkloadItem } from "../workloads/item.ts";

export interface Sut {
  readonly name: string;
  readonly kind: string;
  /**
   * Parameters of this run config that it cannot be told: it is then reported as unsupported, and not run. A server that
   * runs already is asked what it runs; that none answers is told when it is opened.
   */
  unsupported(config: RunConfig): Promise<RunParameter[]>;
  /** Run configs with equal keys can be asked of one instance. */
  instanceKey(config: RunConfig): string;
  /** Throws HumError `loading` where it does not become ready; nothing of it is left behind then. */
  open(config: RunConfig, options: { signal: AbortSignal; startTimeoutMs: number }): Promise<SutInstance>;
}

export interface SutInstance {
  /** What reproduces it: versions, revision of the weights, layout. Values are short text. */
  readonly facts: Readonly<Record<string, string>>;
  /** The cold path, in seconds; null for what was there already or cannot be told apart. */
  readonly opening: { process_start_s: number | null; load_s: number | null };
  /** Roots of the process trees that are ours to watch; none where it runs elsewhere. */
  readonly pids: readonly number[];
  /** Before the timing: reads these items' audio where it is to be sent, and brings up again what a time-out has ended. */
  prepare(items: readonly WorkloadItem[], signal: AbortSignal): Promise<void>;
  /**
   * What went wrong with this one request is its outcome. Rejects with HumError where the SUT is gone, and so is the trial,
   * and with the signal's reason where that is aborted by anything but a time-out.
   */
  transcribe(asked: Asked): Promise<Outcome>;
  close(): Promise<void>;
}

export interface Asked {
  item: WorkloadItem;
  config: RunConfig;
  /** Whether segments are wanted as they come. */
  streaming: boolean;
  /** Aborted where nobody waits any longer, and at the time-out (a TimeoutError): the request is then left at once. */
  signal: AbortSignal;
}

export type Outcome = { ok: true; answer: Answer } | { ok: false; failure: TrialFailure };

/** `code` is what the SUT called it, or http_503, timeout, invalid_answer. */
export interface TrialFailure {
  status: "error" | "timeout" | "invalid";
  code: string;
  message: string;
}

/** Time from the call to `transcribe` until it resolves is the caller's to measure. */
export interface Answer {
  /** As it came: never normalized. */
  text: string;
  language: string | null;
  /** Times in seconds of the audio; null where the SUT does not tell. */
  segments: { start: number; end: number; text: string }[] | null;
  /** Seconds from the call to the first segment; null where it was not streamed. */
  first_segment_s: number | null;
  /** Seconds of each stage that the SUT itself tells of: queue, decode, prepare, generate, ... */
  stages: Readonly<Record<string, number>>;
}
