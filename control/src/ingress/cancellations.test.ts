import { expect, test } from "vitest";
import { systemClock } from "../core/clock.ts";
import type { JobView } from "../core/job-view.ts";
import { createCancellations } from "./cancellations.ts";

const target = { jobId: "job", requestId: "request", commandId: "command", sentMs: 100 };

function open(views: Partial<JobView>[] = []) {
  const cancelled: string[] = [];
  const cancellations = createCancellations({
    clock: systemClock,
    jobs: {
      jobs: () => views as JobView[],
      cancel(id) {
        cancelled.push(id);
        return null;
      },
    },
  });
  const watch = (more: Partial<typeof target> = {}) => {
    const controller = new AbortController();
    return { unwatch: cancellations.watch({ ...target, ...more }, controller), signal: controller.signal };
  };
  return { ...cancellations, watch, cancelled };
}

test.each([{ job_id: "job" }, { request_id: "request" }, { command_id: "command" }])(
  "by %o ends what is in work, and nothing else",
  (data) => {
    const { hear, watch } = open();
    const [one, other] = [watch(), watch({ jobId: "j", requestId: "r", commandId: "c" })];
    expect(hear(data, 200)).toBe(true);
    expect([one.signal.aborted, other.signal.aborted]).toEqual([true, false]);
    expect(one.signal.reason).toMatchObject({ code: "cancelled" });
  },
);

test("a cancellation ends what comes later and was sent before it, and not what was sent after it", () => {
  const { hear, watch } = open();
  expect(hear({ request_id: "request" }, 200)).toBe(false);
  expect(watch({ sentMs: 199 }).signal.aborted).toBe(true);
  expect(watch({ sentMs: 201 }).signal.aborted).toBe(false);
});

test("a cancellation that is heard twice, or of what has ended, does nothing", () => {
  const { hear, watch } = open();
  const one = watch();
  expect(hear({ job_id: "job" }, 200)).toBe(true);
  expect(hear({ job_id: "job" }, 200)).toBe(false);
  one.unwatch();
  expect(hear({ job_id: "job" }, 300)).toBe(false);
});

test("jobs that came another way are cancelled too, unless they have ended or came later", () => {
  const view = { request_id: "request", state: "running", age_s: 10 } as const;
  const views = [
    { ...view, id: "old" },
    { ...view, id: "young", age_s: 0 },
    { ...view, id: "done", state: "done" as const },
    { ...view, id: "other", request_id: "other" },
  ];
  const { hear, cancelled } = open(views);
  expect(hear({ request_id: "request" }, Date.now() - 5_000)).toBe(true);
  expect(cancelled).toEqual(["old"]);
});
