import { expect, onTestFinished, test, vi } from "vitest";
import type { Config } from "../../src/core/config.ts";
import { estimateFootprint } from "../../src/fleet/footprint.ts";
import { fakeModel } from "../models.ts";
import { alive } from "../processes.ts";
import { failureOf, openRig, silence } from "./rig.ts";

async function rig(adjust?: (config: Config) => void) {
  const opened = await openRig(adjust);
  onTestFinished(opened.close);
  const { fleet, slotEvents } = opened;
  const names = () => fleet.loaded().map(({ model }) => model);
  const reasonsOf = (model: string) =>
    slotEvents.flatMap((event) =>
      event.type === "stopped" && event.slot.includes(encodeURIComponent(model)) ? [event.reason] : [],
    );
  const spawnsOf = (model: string) =>
    slotEvents.filter((event) => event.type === "started" && event.slot.includes(encodeURIComponent(model))).length;
  return { ...opened, names, reasonsOf, spawnsOf };
}

const roomFor = (models: number) => models * estimateFootprint(fakeModel("fake:echo"));

test("concurrent loads and requests of one model are one load", async () => {
  const { fleet, submit, spawnsOf } = await rig();
  const model = "fake:load=0.3";
  const jobs = [submit(model), submit(model)];
  const actions = await Promise.all([fleet.load(fakeModel(model)), fleet.load(fakeModel(model))]);
  await Promise.all(jobs.map(({ transcript }) => transcript));
  expect(actions).toHaveLength(2);
  expect(spawnsOf(model)).toBe(1);
  expect(await fleet.load(fakeModel(model))).toBe("already_loaded");
});

test("a model that idles for its time is unloaded, its process is gone, and the next request loads it again", async () => {
  const { fleet, submit, names, reasonsOf } = await rig((config) => {
    config.models.ttl_s = 0.3;
  });
  await submit("fake:echo").transcript;
  const [loaded] = fleet.loaded();
  expect(loaded).toMatchObject({ model: "fake:echo", state: "ready", in_use: 0, pinned: false });
  expect(loaded?.expires_in_s).toBeGreaterThan(0);
  expect(loaded?.memory_bytes).toBeGreaterThan(1_000_000);
  const pid = fleet.status().find((slot) => slot.model === "fake:echo")?.pid ?? 0;
  await vi.waitFor(() => expect(names()).toEqual([]), { timeout: 5000 });
  await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 5000 });
  await vi.waitFor(() => expect(reasonsOf("fake:echo")).toEqual(["idle for 0.3 s"]));
  expect((await submit("fake:echo").transcript).segments).toHaveLength(3);
});

test("a model is not unloaded while a job waits for it or runs on it, however short its time is", async () => {
  const { submit, reasonsOf } = await rig((config) => {
    config.models.ttl_s = 0.05;
    config.engine.workers = 1;
    config.engine.slots = 1;
  });
  const jobs = Array.from({ length: 4 }, () => submit("fake:slow=0.1"));
  const transcripts = await Promise.all(jobs.map(({ transcript }) => transcript));
  expect(transcripts.map(({ segments }) => segments.length)).toEqual([3, 3, 3, 3]);
  await vi.waitFor(() => expect(reasonsOf("fake:slow=0.1")).toEqual(["idle for 0.05 s"]), { timeout: 5000 });
});

test("where memory is full, the model that was unused for longest makes room, never one in use", async () => {
  const { submit, names, reasonsOf } = await rig((config) => {
    config.models.memory_bytes = roomFor(2);
  });
  const busy = submit("fake:slow=0.3", { audio: silence(30) });
  for await (const event of busy.events()) if (event.type === "segment") break;
  await submit("fake:echo").transcript;
  await submit("fake:load=0").transcript;
  expect(names()).toEqual(["fake:slow=0.3", "fake:load=0"]);
  expect(reasonsOf("fake:echo")).toEqual(["evicted to make room for fake:load=0"]);
});

test("where everything loaded is in use, a further model is refused as overloaded, to be asked again", async () => {
  const { submit } = await rig((config) => {
    config.models.memory_bytes = roomFor(1);
  });
  const busy = submit("fake:slow=0.3", { audio: silence(30) });
  for await (const event of busy.events()) if (event.type === "segment") break;
  const failure = await failureOf(submit("fake:echo").transcript);
  expect(failure).toMatchObject({ code: "overloaded", retryable: true, stage: "load" });
  expect(failure.message).toMatch(
    /model fake:echo needs about \d+ MB of \d+ MB for models: what else is loaded is in use/,
  );
});

test("a model that never fits is refused with what to raise", async () => {
  const { submit } = await rig((config) => {
    config.models.memory_bytes = 1000;
  });
  const failure = await failureOf(submit("fake:echo").transcript);
  expect(failure).toMatchObject({ code: "loading", retryable: false });
  expect(failure.message).toContain("raise models.memory_bytes");
});

test("an unload ends an idle model at once, and one in use when its last job has ended", async () => {
  const { fleet, submit, names, reasonsOf } = await rig();
  const model = fakeModel("fake:slow=0.05");
  expect(await fleet.unload(model)).toBe("not_loaded");
  await fleet.load(model);
  expect(await fleet.unload(model)).toBe("unloaded");
  expect(names()).toEqual([]);
  const running = submit(model.name);
  for await (const event of running.events()) if (event.type === "segment") break;
  expect(await fleet.unload(model)).toBe("unloading");
  expect((await running.transcript).segments).toHaveLength(3);
  await vi.waitFor(() => expect(names()).toEqual([]));
  await vi.waitFor(() => expect(reasonsOf(model.name)).toEqual(["unloaded by request", "unloaded by request"]));
});

test("a model asked for in another place is loaded anew when idle, and refused while it is in use", async () => {
  const { fleet, submit } = await rig();
  const model = fakeModel("fake:slow=0.1");
  await fleet.load(model);
  expect(await fleet.load(model, { device: "cpu" })).toBe("reloaded");
  expect(fleet.loaded()).toMatchObject([{ model: model.name, device: "cpu" }]);
  const running = submit(model.name);
  for await (const event of running.events()) if (event.type === "segment") break;
  await expect(fleet.load(model, { compute_type: "float32" })).rejects.toMatchObject({ code: "overloaded" });
  await running.transcript;
});

test("a load that fails is told with its reason, and 20 requests in its cool-down spawn nothing", async () => {
  const { fleet, submit, spawnsOf } = await rig((config) => {
    config.models.load_cool_down_s = 30;
  });
  const model = fakeModel("fake:load-fail");
  await expect(fleet.load(model)).rejects.toMatchObject({
    code: "loading",
    message: expect.stringContaining("script says so"),
  });
  expect(spawnsOf(model.name)).toBe(2);
  const startedMs = performance.now();
  for (let request = 0; request < 20; request += 1) {
    expect((await failureOf(submit(model.name).transcript)).code).toBe("loading");
  }
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect(spawnsOf(model.name)).toBe(2);
});
