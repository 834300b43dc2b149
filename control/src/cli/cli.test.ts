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
