import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeEnd, makeRun, makeTrial } from "../../../test/bench-records.ts";
import { sutSchema } from "../definition/sut.ts";
import { listResults } from "./catalogue.ts";
import { readResults } from "./reader.ts";
import type { ResultDocument, RunRecord } from "./record.ts";
import { resumeResults } from "./resume.ts";
import { createResults } from "./writer.ts";

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-resume-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function leave(directory: string, run: RunRecord, ...documents: ResultDocument[]): Promise<string> {
  const writer = await createResults(directory, run);
  for (const document of documents) await writer.append({ ...document, run_id: run.run_id });
  await writer.close();
  return writer.file;
}

const later = makeRun({ run_id: "a-new-run", started: "2026-11-25T08:00:00Z" });

test("an unfinished run is taken up: its torn tail goes, a new session begins, and what was ok need not run again", async () => {
  const directory = makeDirectory();
  const failed = makeTrial({ trial_id: "failed", status: "error", error: { code: "x", message: "y" } });
  const file = await leave(directory, makeRun(), makeTrial({ trial_id: "done" }), failed);
  const before = readFileSync(file, "utf8");
  appendFileSync(file, '---\nkind: "trial"\nrun_id: "0123');

  const { resumed, notes } = await resumeResults(directory, later);
  if (resumed === null) throw new Error("nothing was taken up");
  expect(notes).toEqual([]);
  expect(resumed.finished).toEqual(new Set(["done"]));
  expect(resumed.previous.trials).toHaveLength(2);
  expect(resumed.run).toEqual({ ...later, run_id: makeRun().run_id, session: 1 });
  expect(readFileSync(file, "utf8").startsWith(before)).toBe(true);

  await resumed.writer.append(makeTrial({ trial_id: "failed", session: 1 }));
  await resumed.writer.append(makeEnd({ session: 1, trials: 3 }));
  await resumed.writer.close();
  const results = await readResults(file);
  expect(results).toMatchObject({ incomplete: false, end: { session: 1, status: "complete" } });
  expect(results.sessions.map(({ session, started }) => [session, started])).toEqual([
    [0, makeRun().started],
    [1, later.started],
  ]);
  expect(results.trials.map(({ trial_id, status }) => [trial_id, status])).toEqual([
    ["done", "ok"],
    ["failed", "ok"],
  ]);
  expect((await resumeResults(directory, later)).resumed).toBeNull();
});

test("of several unfinished runs the newest is taken up, and one that is complete never is", async () => {
  const directory = makeDirectory();
  await leave(directory, makeRun({ run_id: "old", started: "2026-01-01T00:00:00Z" }));
  await leave(
    directory,
    makeRun({ run_id: "new", started: "2026-02-01T00:00:00Z" }),
    makeEnd({ status: "interrupted" }),
  );
  await leave(directory, makeRun({ run_id: "whole", started: "2026-03-01T00:00:00Z" }), makeEnd());
  const { resumed } = await resumeResults(directory, later);
  onTestFinished(async () => resumed?.writer.close());
  expect(resumed?.run.run_id).toBe("new");
});

test("a run of another plan, machine or build is passed over, and so is one that is damaged; those are told", async () => {
  const directory = makeDirectory();
  const { provenance } = makeRun();
  await leave(directory, makeRun({ run_id: "plan", plan_hash: "another" }));
  await leave(directory, makeRun({ run_id: "machine", environment_key: "another", started: "2026-03-01T00:00:00Z" }));
  await leave(
    directory,
    makeRun({ run_id: "build", provenance: { ...provenance, commit: "abc" }, started: "2026-02-01T00:00:00Z" }),
  );
  const damaged = await leave(directory, makeRun({ run_id: "damaged", started: "2026-01-01T00:00:00Z" }));
  appendFileSync(damaged, "---\nkind: trail\n...\n");
  const before = readFileSync(damaged, "utf8");
  expect(await resumeResults(directory, later)).toEqual({
    resumed: null,
    notes: [
      expect.stringMatching(/-machine\.db\.yaml is not taken up: it is of another machine$/),
      expect.stringMatching(/-build\.db\.yaml is not taken up: it is of another build, 0\.1\.0 abc$/),
      expect.stringMatching(/-damaged\.db\.yaml is not taken up: .*kind is "trail"/),
    ],
  });
  expect(readFileSync(damaged, "utf8")).toBe(before);
});

test("a run that asked another server under the same name is passed over", async () => {
  const directory = makeDirectory();
  const asking = (url: string) => {
    const { definition } = makeRun();
    const suts = [sutSchema.parse({ kind: "openai-http", name: "peer", url })];
    return { ...later, definition: { ...definition, suts } };
  };
  await leave(directory, asking("http://127.0.0.1:1"));
  expect(await resumeResults(directory, asking("http://127.0.0.1:2"))).toEqual({
    resumed: null,
    notes: [expect.stringMatching(/is not taken up: its suts are not those of the definition now$/)],
  });
  const { resumed } = await resumeResults(directory, asking("http://127.0.0.1:1"));
  onTestFinished(async () => resumed?.writer.close());
  expect(resumed?.run.session).toBe(1);
});

test("a run that is being written is not taken up, and afterwards it is", async () => {
  const directory = makeDirectory();
  const writer = await createResults(directory, makeRun());
  await expect(resumeResults(directory, later)).rejects.toThrow(/is being written by another harness/);
  await writer.close();
  const { resumed } = await resumeResults(directory, later);
  expect(resumed?.run.session).toBe(1);
  await resumed?.writer.close();
});

test("results are listed with what they are about, the newest first, without reading their trials", async () => {
  const directory = makeDirectory();
  await leave(directory, makeRun({ run_id: "whole" }), makeTrial(), makeEnd({ trials: 1 }));
  await leave(
    directory,
    makeRun({ run_id: "dead", started: "2026-12-01T00:00:00Z" }),
    makeTrial(),
    makeTrial({ trial_id: "b" }),
  );
  const stopped = makeEnd({ status: "interrupted", trials: 0 });
  await leave(directory, makeRun({ run_id: "stopped", started: "2026-01-01T00:00:00Z" }), stopped);
  writeFileSync(join(directory, "benchmark-old.db.yaml"), "- model: base\n");
  writeFileSync(join(directory, "benchmark-empty.db.yaml"), "");
  writeFileSync(join(directory, "notes.txt"), "");
  const listed = await listResults(directory);
  expect(
    listed.map((result) => ("run" in result ? [result.run.run_id, result.status, result.trials] : result.problem)),
  ).toEqual([
    ["dead", "open", 2],
    ["whole", "complete", 1],
    ["stopped", "interrupted", 0],
    expect.stringMatching(/benchmark-empty\.db\.yaml: holds no whole run header yet$/),
    expect.stringMatching(/benchmark-old\.db\.yaml: is a list of the old kind; `hum-helix bench import` reads it$/),
  ]);
  await expect(listResults(join(directory, "nowhere"))).rejects.toThrow(/nowhere: cannot be listed: ENOENT/);
});

test("a run that was taken up and died again is open, whatever its earlier end says", async () => {
  const directory = makeDirectory();
  await leave(
    directory,
    makeRun(),
    makeEnd({ status: "interrupted", trials: 0 }),
    makeRun({ session: 1 }),
    makeTrial(),
  );
  expect(await listResults(directory)).toMatchObject([{ status: "open", trials: 1 }]);
});
