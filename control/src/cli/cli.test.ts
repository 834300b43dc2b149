import { expect, test } from "vitest";
import { runCli } from "./cli.ts";
import type { Io } from "./io.ts";

/** A command line whose output is kept. */
async function run(args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  let out = "";
  let err = "";
  const never = new AbortController().signal;
  const io: Io = {
    env: {},
    cwd: "/",
    terminal: { out: false, err: false, columns: 80 },
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    interrupted: never,
    unread: never,
  };
  const code = await runCli(args, io);
  return { code, out, err };
}

test.each([
  [["serv"], 'hum-helix: unknown verb "serv"; did you mean serve?'],
  [["models", "lst"], 'hum-helix: unknown verb "models lst"; did you mean models list?'],
  [["model", "list"], 'hum-helix: unknown verb "model"; did you mean models list?'],
  [["models"], "hum-helix: models needs a second word: models list, models pull"],
  [["help", "servve"], 'hum-helix: unknown verb "servve"; did you mean serve?'],
  [["transcribe"], "hum-helix transcribe: FILE is missing"],
  [["serve", "--prot"], "hum-helix serve: unknown option --prot"],
  [["serve", "now"], 'hum-helix serve: unexpected argument "now"'],
  [
    ["transcribe", "a", "--format", "docx"],
    'hum-helix transcribe: --format is "docx"; it must be one of text, srt, vtt, json',
  ],
  [
    ["transcribe", "a", "--task", "sing"],
    'hum-helix transcribe: --task is "sing"; it must be one of transcribe, translate',
  ],
  [["transcribe", "a", "--json", "-f", "srt"], "hum-helix transcribe: --json and --format exclude each other"],
  [["bench", "show"], "hum-helix bench show: RUN is missing"],
  [["bench", "show", "a", "b"], 'hum-helix bench show: unexpected argument "b"'],
  [["bench", "compare", "a", "b", "c"], 'hum-helix bench compare: unexpected argument "c"'],
  [["bench", "show", "a", "--normalizer", "raw"], 'hum-helix bench show: --normalizer is "raw"; did you mean raw@1?'],
  [
    ["bench", "run", "smoke", "--trials", "0"],
    'hum-helix bench run: --trials is "0"; it must be a whole number from 1 to 9999',
  ],
  [
    ["bench", "run", "smoke", "--html", "no/x.html"],
    "hum-helix bench run: no/x.html cannot be written: there is no directory no",
  ],
  [
    ["bench", "report", "a", "--html", "-", "--junit", "-"],
    "hum-helix bench report: standard output can take one report only; name files for the others",
  ],
  [
    ["bench", "compare", "a", "--json", "--markdown", "-"],
    "hum-helix bench compare: standard output can take one report only; name files for the others",
  ],
  [
    ["bench", "report", "a", "--html", "x", "--junit", "x"],
    "hum-helix bench report: two reports would both be written to x",
  ],
  [["bench", "report", "a", "--html", "/"], "hum-helix bench report: / is a directory; it must be a file to write"],
  [["bench", "run", "smoek"], 'hum-helix bench run: there is no benchmark definition "smoek"; did you mean smoke?'],
])("%j is a mistake of usage, told in one sentence", async (args, message) => {
  const { code, out, err } = await run(args);
  expect({ code, out, first: err.split("\n")[0] }).toEqual({ code: 2, out: "", first: message });
});

test.each(["serve", "transcribe", "events tail", "models list", "models pull", "doctor"])(
  "%s can print JSON for programs",
  async (verb) => {
    const { out } = await run(["help", ...verb.split(" ")]);
    expect(out).toMatch(/^ {2}--json +print /m);
  },
);

test("a benchmark without a definition is told which there are", async () => {
  const { code, out, err } = await run(["bench", "run"]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toMatch(/^hum-helix bench run: DEFINITION is missing: a file, or one of .*\bsmoke\b/);
});

test.each(["run", "list", "show", "compare", "baseline", "import", "export", "workloads", "sync", "selftest"])(
  "bench %s can print JSON for programs, and its help fits a terminal of 120 columns",
  async (verb) => {
    const { out } = await run(["help", "bench", verb]);
    expect(out).toMatch(/^ {2}--json +print |^ {2}--json +write /m);
    for (const line of out.split("\n")) expect(line.length, line).toBeLessThanOrEqual(120);
  },
);

test("a bare call shows the verbs, and fails", async () => {
  const { code, out, err } = await run([]);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain("Usage: hum-helix VERB [options]");
});

test.each([[["help", "events", "tail"]], [["events", "tail", "--help"]], [["events", "tail", "-h", "--nonsense"]]])(
  "%j shows the help of that verb, whatever else stands there",
  async (args) => {
    const { code, out, err } = await run(args);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("Usage: hum-helix events tail [options]\n");
    expect(out).toMatch(/^ {2}--from-start +begin with/m);
  },
);
