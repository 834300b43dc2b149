import { describe, expect, test } from "vitest";
import { flawless, judge, type Told } from "../conformance/judge.ts";
import type { Received } from "../conformance/subject.ts";

const event = (id: string, partitionKey: string): Told => ({ id, partitionKey, json: JSON.stringify({ id }) });
const told = [event("a1", "a"), event("b1", "b"), event("a2", "a"), event("a3", "a"), event("b2", "b")];

const received = (ids: string): Received[] =>
  ids.split(" ").map((id) => ({ json: JSON.stringify({ id }), partitionKey: id.charAt(0) }));

describe("what a consumer received is judged", () => {
  test.each([
    ["all of it in order", "a1 b1 a2 a3 b2", flawless],
    ["keys among each other in another order", "b1 b2 a1 a2 a3", flawless],
    ["one that never came", "a1 b1 a2 a3", { ...flawless, lost: 1 }],
    ["one that never came, before others of its key", "a1 b1 a3 b2", { ...flawless, lost: 1, gaps: 1 }],
    ["some that came again", "a1 a1 b1 a2 a3 a2 a3 b2", { ...flawless, duplicates: 3 }],
    ["two that changed places", "a2 a1 a3 b1 b2", { ...flawless, gaps: 1, inversions: 1 }],
    ["one that nobody told", "a1 b1 a2 a3 b2 b3", { ...flawless, altered: 1 }],
  ])("%s: %s", (_what, ids, verdict) => {
    expect(judge(told, received(ids))).toEqual(verdict);
  });

  test("another JSON of the same id, no JSON at all, and another key are not what was told", () => {
    const wrong = [
      { json: '{"id":"a1","data":1}', partitionKey: "a" },
      { json: "{", partitionKey: null },
      { json: '{"id":"b1"}', partitionKey: "a" },
    ];
    expect(judge(told.slice(0, 2), wrong)).toEqual({ ...flawless, altered: 3, lost: 2 });
  });

  test("a bus that keeps no key apart is judged by the event's own", () => {
    const keyless = received("a1 b1 a2 a3 b2").map(({ json }) => ({ json, partitionKey: null }));
    expect(judge(told, keyless)).toEqual(flawless);
  });
});
