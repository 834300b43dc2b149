import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutRoot, version } from "../../src/core/checkout.ts";
import { launcher, makeDirectory, runCli } from "./cli-rig.ts";

test("--version and --help succeed, and go to standard output", async () => {
  expect(await runCli(["--version"])).toEqual({ code: 0, out: [`hum-helix ${version}`], err: [] });
  const help = await runCli(["--help"]);
  expect(help).toMatchObject({ code: 0, err: [] });
  expect(help.out.join("\n")).toMatch(/^ {2}serve .*\n {2}transcribe .*\n {2}events tail /m);
});

test("a mistake of usage is told on standard error, with exit code 2", async () => {
  const message = 'hum-helix: unknown verb "serv"; did you mean serve?';
  expect(await runCli(["serv"])).toEqual({ code: 2, out: [], err: [message] });
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

test.each([checkoutRoot, join(checkoutRoot, "configs")])("npx finds it in %s, without looking any further", (cwd) => {
  const args = ["--no", "hum-helix", "models", "list", "--json"];
  // Asked to install nothing, in a home without settings or a cache: what answers can only be the checkout's own.
  const env = { PATH: process.env.PATH, HOME: makeDirectory(), npm_config_offline: "true" };
  const { status, stdout, stderr } = spawnSync("npx", args, { cwd, env, encoding: "utf8" });
  expect(status, stderr).toBe(0);
  expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ name: "base", default: true }));
});
