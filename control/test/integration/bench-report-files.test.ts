import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Measured, measureEcho, writeLike } from "./bench-rig.ts";
import { makeDirectory } from "./cli-rig.ts";

let echo: Measured;
beforeAll(async () => {
  echo = await measureEcho("--html", "run.html", "--markdown", "run.md", "--junit", "run.xml");
});
afterAll(() => echo.remove());

const read = (name: string) => readFileSync(join(echo.directory, name), "utf8");

test("a run leaves the reports that were asked for, and the same are made of its file later", async () => {
  expect(read("run.md")).toMatch(/^## echo: pass\n/);
  expect(read("run.xml")).toContain('<testsuite name="echo"');
  expect(read("run.html")).toMatch(/^<!doctype html>/);
  const later = ["--html", "later.html", "--markdown", "later.md", "--junit", "later.xml"];
  const { code, out, err } = await echo.cli("report", "latest", ...later);
  expect({ code, out, err }).toEqual({
    code: 0,
    out: [],
    err: ["wrote later.html", "wrote later.md", "wrote later.xml"],
  });
  for (const kind of ["md", "xml"]) expect(read(`later.${kind}`)).toBe(read(`run.${kind}`));
  // The file has 9 decimals of each number, which plots show more of.
  expect(read("later.html").length / read("run.html").length).toBeCloseTo(1, 1);
  const { out: markdown } = await echo.cli("report", "latest");
  expect(`${markdown.join("\n")}\n`).toBe(read("run.md"));
});

test("the runs before it that lie beside a run are its history, and no later ones", async () => {
  const directory = makeDirectory();
  for (const [day, commit] of ["aaaaaaa", "bbbbbbb", "ccccccc"].entries()) {
    const started = `2026-11-0${day + 1}T10:00:00.000Z`;
    const provenance = { ...echo.run.provenance, commit };
    await writeLike(echo, directory, { run: { run_id: `${day}000-0`, started, provenance } });
  }
  const { out } = await echo.cli("report", "1000", "--dir", directory, "--html", "-");
  const page = out.join("\n");
  expect(page).toContain('id="history"');
  expect(page).toContain("aaaaaaa");
  expect(page).not.toContain("ccccccc");
});

test("of a directory there is the results page, without its damaged files, which are named on it", async () => {
  const directory = makeDirectory();
  await writeLike(echo, directory, { run: { run_id: "11110000-0" } });
  await writeLike(echo, directory, { run: { run_id: "22220000-0" } });
  const damaged = join(directory, "benchmark-damaged.db.yaml");
  writeFileSync(damaged, "--- \nkind: trial\n...\n");
  const { code, out, err } = await echo.cli("report", directory, "--html", "-");
  expect(code, err.join("\n")).toBe(0);
  expect(err[0]).toMatch(/^left out: .*benchmark-damaged\.db\.yaml:1: /);
  const page = out.join("\n");
  expect(page).toContain("11110000-0");
  expect(page).toContain("22220000-0");
  expect(page).toMatch(/benchmark-damaged\.db\.yaml was left out/);
  const named = await echo.cli("report", "1111", "benchmark-damaged", "--dir", directory, "--html", "many.html");
  expect(named).toMatchObject({ code: 2, out: [] });
  expect(existsSync(join(echo.directory, "many.html"))).toBe(false);
  const bare = await echo.cli("report", directory);
  expect(bare).toMatchObject({ code: 2, err: [expect.stringContaining("it takes --html FILE"), expect.any(String)] });
});

const legacyRow = {
  ...{ model: "base", compute_type: "int8", device: "cpu", beam_size: 5, vad_filter: true, word_timestamps: false },
  ...{ audio_file: "a.wav", load_time: 1.2, inference_time: 0.1, transcription_time: 2.5 },
  ...{ total_transcription_time: 2.6, total_time: 3.8, audio_duration: 11, rtf: 0.236, transcription: " And so" },
};

test("a list of the old kind becomes a result once, and comes out again as it was", async () => {
  const directory = makeDirectory();
  const list = join(directory, "benchmark-20250131-153000.db.yaml");
  writeFileSync(list, JSON.stringify([legacyRow, { ...legacyRow, beam_size: 1 }]));
  const results = join(directory, "results");
  const ask = async () => JSON.parse((await echo.cli("import", list, "--out", results, "--json")).out.join("\n"));
  const imported = await ask();
  expect(imported).toMatchObject({ from: list, new: true, trials: 2 });
  expect(await ask()).toMatchObject({ file: imported.file, new: false });
  const exported = await echo.cli("export", "latest", "--dir", results, "--json");
  expect(JSON.parse(exported.out.join("\n"))).toEqual([legacyRow, { ...legacyRow, beam_size: 1 }]);
  expect(await echo.cli("import", imported.file, "--out", results)).toMatchObject({
    code: 2,
    err: [`hum-helix bench import: ${imported.file} is a result file already`],
  });
});

test("a run is exported as a list to a file, and what has no place in it is told", async () => {
  const { code, out, err } = await echo.cli("export", "latest", "--out", "list.yaml");
  expect({ code, out, err }).toEqual({ code: 0, out: [], err: ["wrote list.yaml"] });
  expect(read("list.yaml").match(/^- model: "fake:echo"$/gm)).toHaveLength(16);
  expect(await echo.cli("export", "latest", "--out", "no/list.yaml")).toMatchObject({
    code: 2,
    err: [expect.stringMatching(/^hum-helix bench export: no\/list\.yaml: cannot be written: ENOENT/)],
  });
});
