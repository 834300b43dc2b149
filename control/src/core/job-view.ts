/** A job as GET /v1/jobs shows it: where it is, and what is known of when it ends. Never its text. */
import type { Failure } from "./errors.ts";
import type { Priority } from "./job.ts";

export interface JobView {
  id: string;
  request_id: string;
  state: "waiting" | "running" | "done" | "failed";
  model: string;
  priority: Priority;
  /** Jobs that go before it; null once it is in work. */
  position: number | null;
  /** Until an engine begins; null where it has begun, or nothing is known of this model's pace yet. */
  estimated_wait_s: number | null;
  /** Until its transcript is there; null where it has ended or nothing is known. */
  estimated_done_s: number | null;
  /** Null until it is decoded. */
  duration_s: number | null;
  bytes: number;
  age_s: number;
  attempt: number;
  slot: string | null;
  /** Null unless it failed. */
  error: Failure | null;
}
