import { expect, test } from "vitest";
import { makeDefinition } from "../../../test/bench-definition.ts";
import { baselineFor, twinOf } from "./baseline.ts";
import { expandConfigs } from "./configs.ts";

type Over = Parameters<typeof makeDefinition>[0];

/** Each run config with what it is compared with. */
function compared(over: Over): Record<string, string | null> {
  const definition = makeDefinition(over);
  const configs = expandConfigs(definition);
  return Object.fromEntries(
    configs.map((config) => [config.label, baselineFor(config, definition, configs)?.label ?? null]),
  );
}

const suts: NonNullable<Over>["suts"] = [{ kind: "hum-helix" }, { kind: "faster-whisper" }];
const matrix = { model: ["tiny.en", "base"], beam_size: [1, 5] };

test("one baseline is that of all others", () => {
  expect(compared({ matrix: { beam_size: [1, 5, 9] }, baseline: { config: { beam_size: 5 } } })).toEqual({
    "hum-helix beam_size=1": "hum-helix beam_size=5",
    "hum-helix beam_size=5": null,
    "hum-helix beam_size=9": "hum-helix beam_size=5",
  });
});

test("of several baselines it is the one that differs by nothing but what the definition names", () => {
  expect(compared({ suts, matrix, baseline: { sut: "faster-whisper" } })).toEqual({
    "hum-helix tiny.en beam_size=1": "faster-whisper tiny.en beam_size=1",
    "hum-helix tiny.en beam_size=5": "faster-whisper tiny.en beam_size=5",
    "hum-helix base beam_size=1": "faster-whisper base beam_size=1",
    "hum-helix base beam_size=5": "faster-whisper base beam_size=5",
    "faster-whisper tiny.en beam_size=1": null,
    "faster-whisper tiny.en beam_size=5": null,
    "faster-whisper base beam_size=1": null,
    "faster-whisper base beam_size=5": null,
  });
});

test("where no SUT is named, each is compared with itself", () => {
  expect(compared({ suts, matrix: { beam_size: [1, 5] }, baseline: { config: { beam_size: 1 } } })).toEqual({
    "hum-helix beam_size=1": null,
    "hum-helix beam_size=5": "hum-helix beam_size=1",
    "faster-whisper beam_size=1": null,
    "faster-whisper beam_size=5": "faster-whisper beam_size=1",
  });
});

test("where none of several fits there is none, nor where the baseline is another run, or nothing", () => {
  const include = [{ config: { model: "base", beam_size: 9 } }];
  expect(compared({ matrix, include, baseline: { config: { beam_size: 1 } } })).toMatchObject({
    "hum-helix base beam_size=9": "hum-helix base beam_size=1",
  });
  const others = compared({ suts, matrix, include, baseline: { sut: "faster-whisper", config: { model: "base" } } });
  expect(others).toMatchObject({
    "hum-helix tiny.en beam_size=5": "faster-whisper base beam_size=5",
    "faster-whisper tiny.en beam_size=1": "faster-whisper base beam_size=1",
  });
  expect(Object.values(compared({ matrix, baseline: { run: "earlier.db.yaml" } }))).toEqual([null, null, null, null]);
  expect(Object.values(compared({ matrix }))).toEqual([null, null, null, null]);
});

test("the first baseline runs twice where a gate on speed has to know what the machine can tell apart", () => {
  const twin = (over: Over) => {
    const definition = makeDefinition(over);
    return twinOf(definition, expandConfigs(definition));
  };
  const gates = [{ metric: "speed" as const, tolerance: 0.05 }];
  const baseline = { sut: "faster-whisper" };
  const found = twin({ suts, matrix, baseline, gates });
  const first = expandConfigs(makeDefinition({ suts, matrix })).find(({ sut }) => sut === "faster-whisper");
  expect(found).toEqual({
    ...first,
    config_key: expect.stringMatching(/^[0-9a-f]{16}$/),
    label: "faster-whisper tiny.en beam_size=1 (again)",
    twin_of: first?.config_key,
  });
  expect(found?.config_key).not.toBe(first?.config_key);
  expect(twin({ suts, matrix, baseline })).toBeNull();
  expect(twin({ suts, matrix, baseline, gates: [{ metric: "wer", tolerance: 0.01 }] })).toBeNull();
  expect(twin({ suts, matrix, baseline: { run: "earlier.db.yaml" }, gates })).toBeNull();
});

test("a twin is no baseline, and has none", () => {
  const definition = makeDefinition({
    matrix: { beam_size: [1, 5] },
    baseline: { config: { beam_size: 1 } },
    gates: [{ metric: "speed", tolerance: 0.05 }],
  });
  const configs = expandConfigs(definition);
  const twin = twinOf(definition, configs);
  if (twin === null) throw new Error("there is no twin");
  const all = [...configs, twin];
  expect(all.map((config) => baselineFor(config, definition, all)?.label ?? null)).toEqual([
    null,
    "hum-helix beam_size=1",
    null,
  ]);
});
