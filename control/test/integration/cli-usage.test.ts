import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { version } from "../../src/core/checkout.ts";
import { launcher, makeDirectory, runCli } from "./cli-rig.ts";

test("--version and --help succeed, and go to standard output", async () => {
  expect(await runCli(["--version"])).toEqual({ code: 0, out: [`hum-helix ${version}`], err: [] });
  const help = await runCli(["--help"]);
  expect(help).toMatchObject({ code: 0, err: [] });
  expect(help.out.join("\n")).toMatch(/^ {2}serve .*\n {2}transcribe .*\n {2}events tail /m);
  expect((await runCli(["help", "events", "tail"])).out).toContain("Usage: hum-helix events tail [options]");
  expect((await runCli(["events", "tail", "--help"])).out).toContain("Usage: hum-helix events tail [options]");
});

test.each([
  [["serv"], 'hum-helix: unknown verb "serv"; did you mean serve?'],
  [["models", "lst"], 'hum-helix: unknown verb "models lst"; did you mean models list?'],
  [["models"], "hum-helix: models needs a second word: models list, models install"],
  [["transcribe"], "hum-helix transcribe: FILE is missing"],
  [["serve", "--prot"], "hum-helix serve: unknown option --prot"],
  [
    ["transcribe", "a.wav", "--format", "docx"],
    'hum-helix transcribe: --format is "docx"; it must be one of text, srt, vtt, json',
  ],
])("%j is a mistake of usage: exit code 2 and one sentence", async (args, message) => {
  const result = await runCli(args);
  expect(result).toMatchObject({ code: 2, out: [] });
  expect(result.err[0]).toBe(message);
});

test("a bare call shows the verbs, and fails", async () => {
  const { code, err } = await runCli([]);
  expect(code).toBe(2);
  expect(err.join("\n")).toContain("Usage: hum-helix VERB [options]");
});

test("a wrong configuration is told with file, line and what is allowed, without a stack", async () => {
  const directory = makeDirectory();
  writeFileSync(join(directory, "mine.yaml"), "http:\n  port: many\nlog:\n  level: loud\n");
  const result = await runCli(["serve", "--config", "mine.yaml"], { cwd: directory, env: { HUM_HTTP_PORT: "" } });
  expect(result).toEqual({
    code: 1,
    out: [],
    err: [
      "hum-helix serve:",
      'mine.yaml:2: http.port is "many"; it must be a number',
      'mine.yaml:4: log.level is "loud"; it must be one of debug, info, warn, error, silent',
    ],
  });
});

test("it runs from any directory, also through a link as npx makes it", async () => {
  const directory = makeDirectory();
  const link = join(directory, "hum-helix");
  symlinkSync(launcher, link);
  expect(await runCli(["--version"], { command: link, cwd: "/" })).toMatchObject({ code: 0 });
});
