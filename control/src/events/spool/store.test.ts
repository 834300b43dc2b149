import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type JobMark, openStore, type SpoolEntry, type Store, sourceIn } from "./store.ts";

let dir = "";
let path = "";
let opened: Store[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-store-"));
  path = join(dir, "events.sqlite");
});
afterEach(() => {
  for (const store of opened) store.close();
  opened = [];
  rmSync(dir, { recursive: true });
});

const wallMs = Date.UTC(2026, 10, 22);

function open(node = "node"): Store {
  const store = openStore(path, { node, wallMs });
  opened.push(store);
  return store;
}

/** Ends the life of a store; the next `open` is the next one. */
function close(store: Store): void {
  store.close();
  opened = opened.filter((other) => other !== store);
}

interface EntryOptions {
  name?: string;
  job?: string;
  wallMs?: number;
  mark?: JobMark;
  json?: string;
  epoch?: string;
}

function entry(store: Store, position: number, more: EntryOptions = {}): SpoolEntry {
  const stream = "transcription";
  const { name = "transcription.segment", job = "job", mark = null, json = `{"n":${position}}` } = more;
  return {
    position,
    stream,
    name,
    id: `id-${position}`,
    type: `io.humhelix.${name}.v1`,
    source: sourceIn({ node: "node", epoch: more.epoch ?? store.opening().epoch, stream }),
    sequence: position,
    partitionKey: job,
    wallMs: more.wallMs ?? wallMs + position,
    json,
    whole: null,
    mark,
  };
}

const none = new Map();
const fill = (store: Store, count: number, more: EntryOptions = {}) =>
  store.append({ entries: Array.from({ length: count }, (_, index) => entry(store, index + 1, more)), cursors: none });
const all = { after: 0, limit: 1_000, maxCharacters: 1_000_000, patterns: ["*"], jobId: null };
const positions = (store: Store, query = {}) => store.read({ ...all, ...query }).events.map(({ position }) => position);

describe("what was appended", () => {
  test("is there in the next life, with the numbers, the cursors and the jobs without an end", () => {
    const first = open();
    const requested = { kind: "requested", requestId: "request", causationId: "command" } as const;
    first.append({
      entries: [
        entry(first, 1, { job: "ended", mark: requested }),
        entry(first, 2, { job: "open", mark: requested }),
        entry(first, 3, { job: "open", mark: { kind: "started", attempt: 2 } }),
        entry(first, 4, { job: "ended", mark: { kind: "ended" } }),
      ],
      cursors: new Map([["redis", { position: 3, since: 1 }]]),
    });
    const { epoch, spool } = first.opening();
    close(first);
    expect(open().opening()).toMatchObject({
      spool,
      epoch,
      sequences: { transcription: 4 },
      first: 1,
      last: 4,
      cursors: { redis: { position: 3, since: 1 } },
      openJobs: [{ jobId: "open", requestId: "request", causationId: "command", attempt: 2 }],
      damaged: null,
    });
  });

  test("changes nothing where it is appended again, as after a lost answer", () => {
    const store = open();
    fill(store, 3);
    fill(store, 5);
    expect(positions(store)).toEqual([1, 2, 3, 4, 5]);
    expect(store.opening()).toMatchObject({ last: 5, sequences: { transcription: 5 } });
  });

  test("is there as a whole or not at all", () => {
    const store = open();
    const broken = { ...entry(store, 2), json: null as unknown as string };
    expect(() => store.append({ entries: [entry(store, 1), broken], cursors: none })).toThrow();
    expect(positions(store)).toEqual([]);
    expect(store.opening()).toMatchObject({ last: 0, sequences: {} });
  });

  test("of an epoch that is over does not count for the one that has begun", () => {
    const store = open();
    fill(store, 3);
    const { epoch: old } = store.opening();
    const renewed = store.renewEpoch();
    store.append({ entries: [entry(store, 4, { epoch: old })], cursors: none });
    close(store);
    expect(open().opening()).toMatchObject({ epoch: renewed, sequences: {}, last: 4 });
  });

  test("keeps apart what is too large for an event", () => {
    const store = open();
    store.append({ entries: [{ ...entry(store, 1), whole: "all of it" }, entry(store, 2)], cursors: none });
    expect([store.whole(1), store.whole(2)]).toEqual(["all of it", null]);
    store.prune({ through: 1, limit: 10 });
    expect(store.whole(1)).toBeNull();
  });
});

describe("a read", () => {
  test("ends at its limit, and at its characters but never before the first event", () => {
    const store = open();
    fill(store, 5, { json: "x".repeat(100) });
    expect(store.read({ ...all, limit: 2 })).toMatchObject({ through: 2, events: [{ position: 1 }, { position: 2 }] });
    expect(positions(store, { maxCharacters: 250 })).toEqual([1, 2]);
    expect(positions(store, { maxCharacters: 1 })).toEqual([1]);
    expect(store.read({ ...all, after: 5 })).toEqual({ events: [], through: 5 });
    expect(store.read({ ...all, after: 9 })).toEqual({ events: [], through: 9 });
  });

  test("finds the rare event among very many by pages, each of which says how far it looked", () => {
    const store = open();
    fill(store, 45_000);
    store.append({ entries: [entry(store, 45_001, { name: "transcription.failed" })], cursors: none });
    const query = { ...all, patterns: ["*.failed", "node.*"] };
    const pages = [store.read(query)];
    for (let page = pages[0]; page?.events.length === 0; pages.push(page))
      page = store.read({ ...query, after: page.through });
    expect(pages.map(({ through }) => through)).toEqual([20_000, 40_000, 45_001]);
    expect(pages.at(-1)?.events).toMatchObject([{ position: 45_001 }]);
  });

  test("of one job has its events alone, however far apart they lie", () => {
    const store = open();
    fill(store, 30_000);
    store.append({ entries: [entry(store, 30_001, { job: "other" })], cursors: none });
    expect(positions(store, { jobId: "other" })).toEqual([30_001]);
    expect(positions(store, { jobId: "job", after: 29_998 })).toEqual([29_999, 30_000]);
  });
});

describe("pruning", () => {
  test("removes the oldest step by step, and numbers go on", () => {
    const store = open();
    fill(store, 10);
    expect(store.prune({ through: 8, limit: 5 }).first).toBe(6);
    expect(store.prune({ through: 8, limit: 5 }).first).toBe(9);
    expect(store.prune({ through: 100, limit: 100 })).toMatchObject({ first: 0 });
    close(store);
    expect(open().opening()).toMatchObject({ first: 0, last: 10, sequences: { transcription: 10 } });
  });

  test("gives back the room", () => {
    const store = open();
    const { usedBytes: before } = fill(store, 1_000, { json: "x".repeat(1_000) });
    expect(before).toBeGreaterThan(1_000_000);
    expect(store.prune({ through: 1_000, limit: 1_000 }).usedBytes).toBeLessThan(100_000);
  });

  test("knows up to where events are older than a time, also after the clock went back", () => {
    const store = open();
    expect(store.olderThan(wallMs)).toBe(0);
    fill(store, 10);
    expect([0, 1, 5, 10, 11, 1_000].map((ms) => store.olderThan(wallMs + ms))).toEqual([0, 0, 4, 9, 10, 10]);
    const later = Array.from({ length: 5 }, (_, index) =>
      entry(store, 11 + index, { wallMs: wallMs - 3_600_000 + index }),
    );
    store.append({ entries: later, cursors: none });
    store.prune({ through: 4, limit: 100 });
    expect(store.olderThan(wallMs - 3_600_000)).toBe(0);
  });
});

describe("where a source stands", () => {
  const patterns = ["*.failed"];
  const place = (store: Store, more = {}) => {
    const { source } = entry(store, 1);
    return store.place({ source, sequence: 0, cursor: 100, since: 0, patterns, ...more });
  };

  test("is told by what the sink was given and what comes next, in its own choice of events", () => {
    const store = open();
    const name = (position: number) => (position % 10 === 0 ? "transcription.failed" : "transcription.segment");
    const entries = Array.from({ length: 30 }, (_, index) => entry(store, index + 1, { name: name(index + 1) }));
    store.append({ entries, cursors: none });
    expect(place(store)).toEqual({ nextPosition: 10, given: { sequence: 30, wallMs: wallMs + 30 } });
    expect(place(store, { sequence: 10, cursor: 25 })).toMatchObject({ nextPosition: 20, given: { sequence: 20 } });
    expect(place(store, { sequence: 30, cursor: 9 })).toEqual({ nextPosition: null, given: null });
    expect(place(store, { patterns: ["*"], sequence: 4, cursor: 9 })).toMatchObject({
      nextPosition: 5,
      given: { sequence: 9 },
    });
  });

  test("leaves out what lies before the sink began", () => {
    const store = open();
    fill(store, 30, { name: "transcription.failed" });
    expect(place(store, { since: 30, cursor: 30 })).toEqual({ nextPosition: null, given: null });
    expect(place(store, { since: 29, cursor: 30 })).toMatchObject({ nextPosition: 30, given: { sequence: 30 } });
  });

  test("leaves out what another epoch told", () => {
    const store = open();
    const { epoch } = store.opening();
    fill(store, 30, { name: "transcription.failed", epoch });
    store.renewEpoch();
    expect(place(store)).toEqual({ nextPosition: null, given: null });
  });
});

describe("a file that is damaged is set aside whole, and a new epoch begins", () => {
  const damaged = (spoil: () => void) => {
    const before = open();
    fill(before, 2_000, { json: "x".repeat(200) });
    const { epoch } = before.opening();
    close(before);
    spoil();
    const after = open();
    expect(after.opening()).toMatchObject({ first: 0, last: 0, sequences: {}, openJobs: [] });
    expect(after.opening().epoch).not.toBe(epoch);
    fill(after, 3);
    expect(positions(after)).toEqual([1, 2, 3]);
    return after.opening().damaged;
  };

  test("where it is no database", () => {
    const found = damaged(() =>
      writeFileSync(path, "not a database, but long enough to be taken for one ".repeat(100)),
    );
    expect(found?.reason).toMatch(/not a database/);
    expect(readFileSync(found?.path ?? "", "utf8")).toContain("not a database");
  });

  test("where its end is missing", () => {
    const found = damaged(() => truncateSync(path, 100_000));
    expect(found?.path).toContain(`${path}.damaged-2026-11-22T00-00-00.000Z`);
  });

  test("where pages in its middle hold something else", () => {
    damaged(() => {
      const bytes = readFileSync(path);
      bytes.fill(0xff, 8_192, 200_000);
      writeFileSync(path, bytes);
    });
  });

  test("twice in one millisecond, and both are kept", () => {
    for (let time = 0; time < 2; time += 1) {
      writeFileSync(path, "x".repeat(5_000));
      close(open());
    }
    expect(readdirSync(dir).filter((name) => name.includes(".damaged-") && !/-(wal|shm)$/.test(name))).toHaveLength(2);
  });
});

test("a file that was copied in the middle of its life holds everything that was safe by then", () => {
  const store = open();
  fill(store, 100);
  const copy = join(dir, "copy.sqlite");
  // As a machine without power leaves it: with a journal that nobody has moved into the file.
  for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, copy + suffix);
  const found = openStore(copy, { node: "node", wallMs });
  expect(found.read(all).events).toHaveLength(100);
  expect(found.opening().damaged).toBeNull();
  found.close();
});

test("a file of a later version is refused and stays as it is", () => {
  close(open());
  const db = new DatabaseSync(path);
  db.exec("PRAGMA user_version = 2");
  db.close();
  expect(() => open()).toThrow(/made by a later version of hum-helix \(2, this one reads 1\)/);
  expect(readdirSync(dir)).toEqual(["events.sqlite"]);
});

test("a directory that cannot be made is told as it is", () => {
  writeFileSync(join(dir, "file"), "");
  expect(() => openStore(join(dir, "file", "spool", "events.sqlite"), { node: "node", wallMs })).toThrow(
    /ENOTDIR|EEXIST/,
  );
});

test("another node's name begins an epoch of its own", () => {
  const one = open();
  const { epoch, spool } = one.opening();
  close(one);
  const two = open("two").opening();
  expect(two.epoch).not.toBe(epoch);
  expect(two.spool).toBe(spool);
});
