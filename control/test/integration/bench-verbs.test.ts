import { appendFileSync, copyFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Measured, measureEcho, writeLike } from "./bench-rig.ts";
import { makeDirectory } from "./cli-rig.ts";

let echo: Measured;
let file: string;
beforeAll(async () => {
  echo = await measureEcho();
  file = readdirSync(join(echo.directory, "results")).find((name) => name.endsWith(".db.yaml")) ?? "";
});
afterAll(() => echo.remove());

const idOf = () => echo.run.run_id;

test("a run is listed with what it is, and shown by the beginning of its id", async () => {
  const { code, out, err } = await echo.cli("list");
  const [host, key] = [echo.run.environment.host, echo.run.environment_key.slice(0, 8)];
  expect({ code, err, lines: out.length }).toEqual({ code: 0, err: [], lines: 2 });
  expect(out[1]?.split(/ {2,}/).slice(1)).toEqual(["echo", "complete", "16", "2", `${host} ${key}`, file]);
  const shown = await echo.cli("show", idOf().slice(0, 6));
  expect(shown).toMatchObject({ code: 0, err: [] });
  expect(shown.out.slice(0, 2)).toEqual([
    join("results", file),
    expect.stringMatching(new RegExp(`^echo {2}${idOf()} {2}complete, `)),
  ]);
});

test("a program gets the list, a summary and the definitions as JSON", async () => {
  const [listed, shown, definitions] = [
    await echo.cli("list", "--json"),
    await echo.cli("show", "latest", "--json"),
    await echo.cli("list", "--definitions", "--json"),
  ].map(({ out }) => JSON.parse(out.join("\n")));
  const whole = join(echo.directory, "results", file);
  expect(listed).toEqual([
    expect.objectContaining({
      ...{ file: whole, run_id: idOf(), name: "echo", status: "complete", trials: 16 },
      configs: ["hum-helix beam_size=1", "hum-helix beam_size=2"],
    }),
  ]);
  expect(shown).toMatchObject({ file: whole, summary: { run_id: idOf() }, comparison: { outcome: "pass" } });
  expect(definitions).toEqual([
    {
      name: "echo",
      file: join(echo.directory, "defs", "echo.yaml"),
      scenario: "single-stream",
      configs: 2,
      description: "Two beam sizes of an engine that echoes",
    },
  ]);
});

test("word errors are counted anew from the texts that are stored, with another normalizer", async () => {
  const werOf = async (...args: string[]) => {
    const { out } = await echo.cli("show", "latest", "--json", ...args);
    const { summary } = JSON.parse(out.join("\n"));
    return { normalizers: summary.normalizers, wer: summary.configs[0].metrics.wer };
  };
  // The engine says "segment 0 segment 1 ... segment 10": but for four words all are inserted.
  expect(await werOf()).toEqual({ normalizers: ["hum-english@1"], wer: 18 / 4 });
  // Of these four only `segment` is the same without one.
  expect(await werOf("--normalizer", "raw@1")).toEqual({ normalizers: ["raw@1"], wer: 21 / 4 });
});

test("damaged files are named with what is wrong, beside those that can be read", async () => {
  const directory = makeDirectory();
  copyFileSync(join(echo.directory, "results", file), join(directory, file));
  writeFileSync(join(directory, "benchmark-old.db.yaml"), "- { model: base }\n");
  const { code, out, err } = await echo.cli("list", directory);
  expect({ code, lines: out.length, err }).toEqual({
    code: 0,
    lines: 2,
    err: [
      `${join(directory, "benchmark-old.db.yaml")}: is a list of the old kind; \`hum-helix bench import\` reads it`,
    ],
  });
  const middle = join(directory, "benchmark-damaged.db.yaml");
  writeFileSync(middle, readFileSync(join(directory, file), "utf8").replace("latency_s: ", "latency_s: x"));
  expect(await echo.cli("show", "benchmark-damaged", "--dir", directory)).toMatchObject({
    code: 2,
    out: [],
    err: [expect.stringMatching(/benchmark-damaged\.db\.yaml:\d+: timing\.latency_s is "x0/)],
  });
  const none = await echo.cli("list", join(directory, "none"));
  expect(none).toMatchObject({
    code: 2,
    err: [expect.stringContaining(`${join(directory, "none")}: cannot be listed`)],
  });
});

test("a run that died is shown as far as it came, with how it goes on", async () => {
  const directory = makeDirectory();
  const died = await writeLike(echo, directory, { end: null });
  appendFileSync(died, '---\nkind: "trial"\nrun_id: ');
  const { code, out, err } = await echo.cli("show", basename(died), "--dir", directory);
  expect({ code, err }).toEqual({
    code: 0,
    err: [
      "note: its last document is cut off, and left out",
      expect.stringMatching(/^note: it has no end yet: .* bench run defs\/echo\.yaml --out .*/),
    ],
  });
  expect(out.join("\n")).toMatch(/unfinished/);
  expect((await echo.cli("list", directory)).out[1]).toMatch(/ {2}open, written \d+ s ago {2}16 /);
});

test("a definition that is wrong ends with 2, a directory that cannot be written with 4, a SUT that is not there with 5", async () => {
  const defs = makeDirectory();
  const write = (name: string, change: [string, string]) => {
    const path = join(defs, `${name}.yaml`);
    writeFileSync(path, readFileSync(join(echo.directory, "defs", "echo.yaml"), "utf8").replace(...change));
    return path;
  };
  const wrong = await echo.cli("run", write("wrong", ["beam_size: [1, 2]", "beam_size: [none]"]));
  expect(wrong).toMatchObject({ code: 2, out: [], err: [expect.stringMatching(/wrong\.yaml:12: matrix\.beam_size/)] });
  const earlier = await echo.cli("run", write("earlier", ["capture: []", "baseline: { run: gone.db.yaml }"]));
  expect(earlier).toMatchObject({ code: 2, out: [], err: [expect.stringMatching(/gone\.db\.yaml: cannot be read/)] });
  const taken = join(defs, "wrong.yaml");
  const unwritten = await echo.cli("run", "echo", "--out", taken);
  expect(unwritten).toMatchObject({ code: 4, out: [], err: [expect.stringContaining(`${taken} cannot be written`)] });
  const absent = await echo.cli("run", write("absent", ["fake:echo", "no-such-model"]), "--out", join(defs, "out"));
  expect(absent.code, absent.err.join("\n")).toBe(5);
  expect(absent.out.join("\n")).toContain('there is no model "no-such-model"');
});
