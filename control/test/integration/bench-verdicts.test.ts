import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TrialRecord } from "../../src/bench/results/record.ts";
import { type Change, type Measured, measureEcho, timed, writeLike } from "./bench-rig.ts";
import { makeDirectory } from "./cli-rig.ts";

let echo: Measured;
beforeAll(async () => {
  echo = await measureEcho();
});
afterAll(() => echo.remove());

const clean = () => ({ provenance: { ...echo.run.provenance, dirty: false } });
const before = { run_id: "11110000-0", started: "2026-11-01T10:00:00.000Z" };

/** A directory with an earlier run that took 0.1 s for each trial, and a later one. */
async function twoRuns(later: Change): Promise<string> {
  const directory = makeDirectory();
  await writeLike(echo, directory, { run: { ...clean(), ...before }, trial: timed(0.1) });
  await writeLike(echo, directory, { trial: timed(0.1), ...later, run: { ...clean(), ...later.run } });
  return directory;
}

const misheard = (trial: TrialRecord): TrialRecord => ({
  ...timed(0.1)(trial),
  metrics: { ...trial.metrics, errors: (trial.metrics.errors ?? 0) + 2 },
});
const noisy = (trial: TrialRecord) => timed(0.1 * 2 ** ((trial.iteration % 3) - 1))(trial);

test.each<[string, number, Change, RegExp]>([
  ["as fast as before", 0, {}, /Verdict: pass \(exit code 0\)/],
  ["half as fast", 1, { trial: timed(0.2) }, /gate speed, .*: regression: 100\.\d % more time/],
  ["wrong more often in its only clip", 3, { trial: misheard }, /gate wer, .*: inconclusive: 50\.00 points more/],
  ["too noisy to tell", 3, { trial: noisy }, /gate speed, .*: inconclusive: /],
  ["interrupted early", 4, { trials: 6, end: { status: "interrupted" } }, /Why: .*: 3 of at least 8 trials are there/],
  [
    "without its SUT",
    5,
    { end: { status: "failed", error: { code: "loading", message: "it did not start" } } },
    /Why: it failed \(loading\): it did not start/,
  ],
  ["of another machine", 6, { run: { environment_key: "another" } }, /Why: the baseline is from another environment/],
])("a run that is %s ends the comparison with %d", async (_, exitCode, later, said) => {
  const directory = await twoRuns(later);
  const { code, out, err } = await echo.cli("compare", "latest", "1111", "--dir", directory);
  expect(code, [...out, ...err].join("\n")).toBe(exitCode);
  expect(out.join("\n")).toMatch(said);
});

test("a run of another machine is compared where that is forced, and the verdict is labelled", async () => {
  const directory = await twoRuns({ run: { environment_key: "another" } });
  const { code, out } = await echo.cli("compare", "latest", "1111", "--dir", directory, "--force", "--json");
  const { baseline, comparison } = JSON.parse(out.join("\n"));
  expect(code).toBe(0);
  expect(basename(baseline)).toBe("benchmark-20261101T100000Z-11110000.db.yaml");
  expect(comparison).toMatchObject({ outcome: "pass", paired: false, baseline: { run_id: before.run_id } });
  expect(comparison.notes).toContainEqual(expect.stringMatching(/^forced: /));
});

test("a kept baseline is what later runs of the definition are held against, until it is changed by hand", async () => {
  const directory = await twoRuns({ trial: timed(0.2) });
  expect(await echo.cli("baseline", "1111", "--dir", directory)).toMatchObject({
    code: 0,
    err: [],
    out: [`${join(directory, "baselines", "echo.db.yaml")}: echo of 2026-11-01 10:00 UTC (11110000-0), 16 trials`],
  });
  const kept = join(directory, "baselines", "echo.db.yaml");
  const original = join(directory, "benchmark-20261101T100000Z-11110000.db.yaml");
  expect(readFileSync(kept)).toEqual(readFileSync(original));
  expect(readFileSync(`${kept}.sha256`, "utf8")).toBe(
    readFileSync(`${original}.sha256`, "utf8").replace(basename(original), "echo.db.yaml"),
  );
  const listed = await echo.cli("baseline", "--dir", directory, "--json");
  expect(JSON.parse(listed.out.join("\n"))).toEqual([expect.objectContaining({ file: kept, run_id: before.run_id })]);
  // The results themselves need not be there any more.
  rmSync(original);
  const { code, out } = await echo.cli("compare", "latest", "--dir", directory);
  expect(code).toBe(1);
  expect(out.join("\n")).toContain("(11110000-0)");
  appendFileSync(kept, "\n");
  expect(await echo.cli("compare", "latest", "baseline", "--dir", directory)).toMatchObject({
    code: 2,
    out: [],
    err: [`hum-helix bench compare: ${kept}: is not what echo.db.yaml.sha256 says: it was changed after it was kept`],
  });
});

test("the baseline that a definition names goes before the kept one, which is told", async () => {
  const [first, second] = echo.run.configs;
  if (first === undefined || second === undefined) throw new Error("two run configs were measured");
  const directory = await twoRuns({
    run: {
      definition: { ...echo.run.definition, baseline: { config: { beam_size: 1 } } },
      configs: [first, { ...second, baseline: first.config_key }],
    },
  });
  await echo.cli("baseline", "1111", "--dir", directory);
  const { code, out, err } = await echo.cli("compare", "latest", "--dir", directory);
  const told = `note: there is a kept baseline too: hum-helix bench compare ${echo.run.run_id.slice(0, 8)} baseline`;
  expect({ code, err }).toEqual({ code: 0, err: [told] });
  expect(out.join("\n")).toMatch(/beam_size=2: .* than beam_size=1/);
});

test.each<[string, Change, string]>([
  ["has not come to its end", { end: null }, "  it has no end: it is being written, or its harness died"],
  [
    "failed",
    { end: { status: "failed", error: { code: "internal", message: "the disk is full" } } },
    "  it failed (internal): the disk is full",
  ],
])("a run that %s is refused as a baseline, with 4", async (_, later, reason) => {
  const directory = await twoRuns(later);
  const { code, out, err } = await echo.cli("baseline", "latest", "--dir", directory);
  expect({ code, out }).toEqual({ code: 4, out: [] });
  expect(err).toContain(reason);
  expect(existsSync(join(directory, "baselines"))).toBe(false);
});

test("a run of a checkout with changes is kept as a baseline only by force, which says so, in the place of another", async () => {
  const dirty = { provenance: { ...echo.run.provenance, dirty: true } };
  const directory = await twoRuns({ run: dirty });
  const { code, err } = await echo.cli("baseline", "latest", "--dir", directory);
  const reason = "it ran from a checkout with changes that are not committed";
  expect({ code, reason: err[1] }).toEqual({ code: 4, reason: `  ${reason}` });
  expect(await echo.cli("baseline", "1111", "--dir", directory)).toMatchObject({ code: 0 });
  const forced = await echo.cli("baseline", "latest", "--dir", directory, "--force", "--json");
  expect(forced.code).toBe(0);
  expect(JSON.parse(forced.out.join("\n"))).toMatchObject({
    run_id: echo.run.run_id,
    replaced: before.run_id,
    faults: [reason],
  });
});

test("where there is nothing to compare with it is said how a baseline comes to be, with 2", async () => {
  const directory = makeDirectory();
  await writeLike(echo, directory, {
    run: {
      configs: echo.run.configs.slice(0, 1),
      definition: { ...echo.run.definition, matrix: { model: ["fake:echo"], beam_size: [1] } },
    },
  });
  const kept = join(directory, "baselines", "echo.db.yaml");
  const none = `no baseline of echo is kept at ${kept}; hum-helix bench baseline RUN keeps one`;
  expect(await echo.cli("compare", "latest", "--dir", directory)).toMatchObject({
    code: 2,
    err: [`hum-helix bench compare: there is nothing to compare it with: it has one run config, and ${none}`],
  });
  expect(await echo.cli("compare", "latest", "baseline", "--dir", directory)).toMatchObject({
    code: 2,
    err: [`hum-helix bench compare: ${none}`],
  });
  expect(await echo.cli("compare", "latest", "latest", "--dir", directory)).toMatchObject({
    code: 2,
    err: ["hum-helix bench compare: latest is the run itself; its baseline must be another one"],
  });
});
