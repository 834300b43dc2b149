import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  check,
  checkJobs,
  flawless,
  flawlessJobs,
  type JobEventSeen,
  type Received,
  type Told,
} from "../faults/checker.ts";

/** Three producers' keys in turns, all accepted. */
const told: Told[] = Array.from({ length: 30 }, (_, index) => ({
  key: `key-${index % 3}`,
  mark: String(Math.floor(index / 3)),
  isAccepted: true,
}));
const received: Received[] = told.map(({ key, mark }, index) => ({
  id: `id-${index}`,
  source: "/humhelix/node/epoch/transcription",
  sequence: index + 1,
  key,
  mark,
}));
const at = (index: number) => {
  const event = received[index];
  if (event === undefined) throw new Error(`there is no event ${index}`);
  return event;
};
const verdictOf = (changed: readonly Received[]) => check({ told, received: changed });

test("a history without a fault has none", () => {
  expect(verdictOf(received)).toEqual(flawless);
});

describe("a canary is caught:", () => {
  test("an event that was lost", () => {
    expect(verdictOf(received.toSpliced(7, 1))).toEqual({ ...flawless, lost: 1, gaps: 1 });
  });

  test("the last event that was lost, after which no gap shows", () => {
    expect(verdictOf(received.slice(0, -1))).toEqual({ ...flawless, lost: 1 });
  });

  test("an event that came twice", () => {
    expect(verdictOf([...received, at(7)])).toEqual({ ...flawless, duplicates: 1 });
  });

  test("an event that was published twice, under another id and number", () => {
    const again = { ...at(7), id: "other", sequence: 31 };
    expect(verdictOf([...received, again])).toEqual({ ...flawless, duplicates: 1 });
  });

  test("two events of a key in the wrong order", () => {
    const [first, second] = [at(0), at(3)];
    const swapped = received.with(0, second).with(3, first);
    expect(verdictOf(swapped)).toEqual({ ...flawless, inversions: 3, gaps: 1, misordered: 1 });
  });

  test("two events of a key whose numbers are in order, but not as they were told", () => {
    const swapped = received.with(0, { ...at(0), mark: at(3).mark }).with(3, { ...at(3), mark: at(0).mark });
    expect(verdictOf(swapped)).toEqual({ ...flawless, misordered: 1 });
  });

  test("an event that nobody told", () => {
    const stranger = { ...at(0), id: "stranger", mark: "stranger", sequence: 31 };
    expect(verdictOf([...received, stranger])).toEqual({ ...flawless, invented: 1 });
  });
});

test("an event that was not promised may be there or not", () => {
  const unsure = told.map((event, index) => ({ ...event, isAccepted: index !== 29 }));
  expect(check({ told: unsure, received: received.slice(0, -1) })).toEqual(flawless);
  expect(check({ told: unsure, received })).toEqual(flawless);
});

test("numbers begin anew with a new source, and only there", () => {
  const renewed = received.map((event, index) =>
    index < 10 ? event : { ...event, source: "/humhelix/node/other/transcription", sequence: index - 9 },
  );
  expect(verdictOf(renewed)).toEqual(flawless);
  expect(verdictOf(renewed.map((event) => ({ ...event, source: "one" })))).toMatchObject({ inversions: 10 });
});

test("whatever is taken out of a history is found", () => {
  const some = fc.uniqueArray(fc.integer({ min: 0, max: told.length - 1 }), { minLength: 1 });
  fc.assert(
    fc.property(some, (gone) => {
      const left = received.filter((_, index) => !gone.includes(index));
      expect(verdictOf(left).lost).toBe(gone.length);
    }),
  );
});

describe("jobs", () => {
  const verbs = ["requested", "started", "segment", "completed"];
  const seen: JobEventSeen[] = ["a", "b"].flatMap((jobId) =>
    verbs.map((verb) => ({ id: `${jobId}-${verb}`, jobId, name: `transcription.${verb}` })),
  );
  const verdict = (changed: readonly JobEventSeen[], accepted = ["a", "b"], answered = ["a"]) =>
    checkJobs({ accepted, answered, seen: changed });

  test("that end once are without a fault, also where their events are read twice", () => {
    expect(verdict(seen)).toEqual(flawlessJobs);
    expect(verdict([...seen, ...seen])).toEqual(flawlessJobs);
    expect(verdict(seen, [])).toEqual(flawlessJobs);
  });

  test("without an end are caught, whether a client knows of them or not", () => {
    const cut = seen.filter(({ id }) => id !== "b-completed");
    expect(verdict(cut)).toEqual({ ...flawlessJobs, endless: 1 });
    expect(verdict(cut, ["a"])).toEqual({ ...flawlessJobs, endless: 1 });
  });

  test("with two ends are caught", () => {
    const twice = [...seen, { id: "b-failed", jobId: "b", name: "transcription.failed" }];
    expect(verdict(twice)).toEqual({ ...flawlessJobs, endedTwice: 1 });
  });

  test("that go on after their end are caught", () => {
    const late = [...seen, { id: "b-late", jobId: "b", name: "transcription.segment" }];
    expect(verdict(late)).toEqual({ ...flawlessJobs, late: 1 });
  });

  test("whose transcript a client has had, and that the events say failed, are caught", () => {
    const failed = seen.map((event) =>
      event.id === "b-completed" ? { ...event, name: "transcription.failed" } : event,
    );
    expect(verdict(failed)).toEqual(flawlessJobs);
    expect(verdict(failed, ["a", "b"], ["a", "b"])).toEqual({ ...flawlessJobs, disowned: 1 });
  });

  test("that a client was told of and no event tells of are caught", () => {
    expect(verdict(seen, ["a", "b", "c"])).toEqual({ ...flawlessJobs, unheard: 1 });
  });
});
