import { expect, test } from "vitest";
import { fakeModel } from "../../test/models.ts";
import { HumError } from "../core/errors.ts";
import type { Catalogue } from "../core/model.ts";
import { defaultOptions } from "../core/options.ts";
import { deadlineMsOf, understand } from "./request.ts";

const english = fakeModel("tiny.en", { languages: ["en"], translates: false });
const catalogue: Catalogue = {
  defaultModel: fakeModel("base"),
  resolve(name) {
    if (name === "tiny.en") return english;
    if (name === undefined) return fakeModel("base");
    throw new HumError("model_unknown", `no model ${name}`);
  },
  list: () => [],
};
const audio = { path: "/a.wav" };
const of = (data: Record<string, unknown>) => understand({ audio, ...data }, catalogue);

test("a request that says nothing gets what HTTP gives, behind those who wait for an answer", () => {
  expect(of({})).toEqual({ model: "base", options: defaultOptions, priority: "batch" });
});

test("options are taken by a job's own names, with the rest as the node has it", () => {
  const options = { beam_size: 1, vad_filter: true, vad_parameters: { threshold: 0.3 }, initial_prompt: "a\ud800b" };
  const understood = of({ options, task: "translate", language: "German", priority: "live" });
  expect(understood.priority).toBe("live");
  expect(understood.options).toEqual({
    ...defaultOptions,
    beam_size: 1,
    vad_filter: true,
    vad_parameters: { ...defaultOptions.vad_parameters, threshold: 0.3 },
    // Half a character has no UTF-8.
    initial_prompt: "a\ufffdb",
    task: "translate",
    language: "de",
  });
});

test("a model of one language needs not be told it", () => {
  expect(of({ model: "tiny.en" }).options.language).toBe("en");
});

test.each([
  [{ language: "klingon" }, "bad_request", /language is "klingon"/],
  [{ model: "tiny.en", language: "de" }, "bad_request", /does not understand/],
  [{ model: "tiny.en", task: "translate" }, "bad_request", /cannot translate/],
  [{ model: "nobody" }, "model_unknown", /nobody/],
])("%o is refused", (data, code, message) => {
  expect(() => of(data)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
});

test("a deadline by the wall clock becomes one that no change of the clock moves", () => {
  const clock = { wallMs: () => Date.parse("2026-11-24T12:00:00Z"), monotonicMs: () => 5_000 };
  expect(deadlineMsOf({ audio, deadline: "2026-11-24T13:00:01+01:00" }, clock)).toBe(6_000);
  expect(deadlineMsOf({ audio, deadline: "2026-11-24T11:59:59Z" }, clock)).toBe(4_000);
  expect(deadlineMsOf({ audio }, clock)).toBeNull();
});
