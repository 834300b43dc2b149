import { expect, test } from "vitest";
import type { Ending, SlotEvent, SlotIdentity } from "../core/slot.ts";
import { dataSchemas, type EventName } from "./catalogue.ts";
import type { Feed } from "./feed.ts";
import { createSlotTeller } from "./slots.ts";

const placement = { device: "auto", compute_type: "auto" };
const identity = { name: "base", revision: "r1", engine: "faster-whisper", device: "cpu", compute_type: "int8" };
const ending: Ending = { pid: 7, reason: "it was ended by SIGKILL", exit_code: null, signal: "SIGKILL" };
const ready: SlotEvent = { type: "ready", pid: 7, versions: {}, load_s: 1, memory_bytes: 2, model: identity };
const crashed: SlotEvent = { type: "crashed", was_ready: true, in_flight: ["job-1"], ...ending };

/** What the feed was told of one slot, every event in just the fields of its schema. */
function tell(slot: Omit<SlotIdentity, "name">, events: readonly SlotEvent[]) {
  const told: { name: EventName; data: unknown }[] = [];
  const system: Feed["system"] = (name, _subjectId, data) => {
    told.push({ name, data: dataSchemas[name].strict().parse(data) });
  };
  const whole = { ...slot, name: `${slot.role}-0` };
  const tellSlot = createSlotTeller({ system }, placement);
  for (const event of events) tellSlot(whole, event);
  return { names: told.map(({ name }) => name), last: told.at(-1)?.data };
}

const engine = { role: "engine", model: "base" } as const;

test("a loaded model is unloaded when its process crashes, where it was placed and for what reason", () => {
  const { names, last } = tell(engine, [{ type: "started", pid: 7 }, ready, crashed]);
  expect(names.slice(-2)).toEqual(["sidecar.crashed", "model.unloaded"]);
  expect(last).toEqual({ model: "base", device: "cpu", compute_type: "int8", reason: ending.reason });
});

test("or when it is stopped", () => {
  const { names } = tell(engine, [{ type: "started", pid: 7 }, ready, { type: "stopped", ...ending }]);
  expect(names.slice(-2)).toEqual(["sidecar.stopped", "model.unloaded"]);
});

test("and once for each time that it was loaded, though a crash is followed by giving the slot up", () => {
  const quarantined: SlotEvent = { type: "quarantined", ...ending };
  const { names } = tell(engine, [ready, crashed, ready, crashed, quarantined]);
  expect(names.filter((name) => name === "model.loaded")).toHaveLength(2);
  expect(names.filter((name) => name === "model.unloaded")).toHaveLength(2);
  expect(names.at(-1)).toBe("sidecar.quarantined");
});

test("a model that never was loaded is not unloaded", () => {
  const failed: SlotEvent = { ...crashed, was_ready: false };
  const { names } = tell(engine, [{ type: "started", pid: 7 }, failed, { type: "stopped", ...ending }]);
  expect(names).toEqual([
    "sidecar.started",
    "model.loading",
    "sidecar.crashed",
    "model.load_failed",
    "sidecar.stopped",
  ]);
});

test("a decoder has no model to tell of", () => {
  const decoder = { role: "decoder", model: null } as const;
  const { names } = tell(decoder, [{ type: "started", pid: 7 }, { ...ready, model: null }, crashed]);
  expect(names).toEqual(["sidecar.started", "sidecar.ready", "sidecar.crashed"]);
});
