import { expect, test } from "vitest";
import { HumError } from "../core/errors.ts";
import type { JobEvent } from "../core/job.ts";
import { createTeller } from "./handle.ts";

const failed: JobEvent = { type: "failed", attempt: 1, error: new HumError("engine_failed", "first") };

test("only the first terminal event is told", async () => {
  const { handle, tell } = createTeller("job");
  expect(tell({ type: "queued", position: 0 })).toBe(true);
  expect(tell(failed)).toBe(true);
  expect(tell({ type: "failed", attempt: 1, error: new HumError("internal", "second") })).toBe(false);
  const types = await Array.fromAsync(handle.events(), (event) => event.type);
  expect(types).toEqual(["queued", "failed"]);
  await expect(handle.transcript).rejects.toMatchObject({ code: "engine_failed", message: "first" });
});

test("a follower that comes late sees every event, and one that waits sees the next", async () => {
  const { handle, tell } = createTeller("job");
  tell({ type: "queued", position: 3 });
  const following = Array.fromAsync(handle.events(), (event) => event.type);
  tell(failed);
  expect(await following).toEqual(["queued", "failed"]);
  expect(await Array.fromAsync(handle.events(), (event) => event.type)).toEqual(["queued", "failed"]);
});
