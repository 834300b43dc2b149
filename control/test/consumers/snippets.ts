/** The shortest ways to follow a node, as the documents show them, each run as it stands there. */
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { spawnChild } from "../../src/platform/child.ts";
import { snippetsOf } from "../documents.ts";
import { python } from "../e2e/direct.ts";
import { type ExampleNode, startExampleNode } from "./node.ts";

const interpreters = {
  python: { command: python, args: ["-c"] },
  js: { command: process.execPath, args: ["--input-type=module", "--eval"] },
  bash: { command: "/bin/sh", args: ["-c"] },
} as const;
const page = "proto/events/SUBSCRIBE.md";
type Language = keyof typeof interpreters;

/** Registers one test for each that is in one of `languages`; in the documents the node listens on port 8000. */
export function snippets(languages: readonly Language[]): void {
  const directory = mkdtempSync(join(tmpdir(), "hum-snippets-"));
  let node: ExampleNode;

  beforeAll(async () => {
    // Where the packages are that some of them need.
    symlinkSync(join(checkoutRoot, "node_modules"), join(directory, "node_modules"));
    node = await startExampleNode(directory);
  }, 60_000);

  afterAll(async () => {
    await node.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  const environment = () => ({
    PATH: process.env.PATH ?? "",
    REDIS_URL: readFileSync(join(directory, ".hum/data/redis.url"), "utf8").trim(),
  });
  const shown = [
    ...snippetsOf("README.md", "Follow the events").map((snippet) => ({ ...snippet, document: "README.md" })),
    ...snippetsOf(page, "In three lines").map((snippet) => ({ ...snippet, document: page })),
  ];
  const followers = shown.flatMap(({ document, line, language: name, text }) => {
    const language = languages.find((one) => one === name);
    if (language === undefined) return [];
    // A shell's commands each go on for ever.
    const programs =
      language === "bash" ? text.split("\n").filter((command) => /^(redis-cli|curl)/.test(command)) : [text];
    return programs.map((program) => ({ document, line, language, program }));
  });
  if (followers.length === 0) throw new Error(`there is no snippet in ${languages.join(" or ")}`);

  test.each(followers)(
    "$document:$line, in $language, prints what comes from now on",
    async ({ language, program }) => {
      const { command, args } = interpreters[language];
      const said: string[] = [];
      const child = spawnChild({
        command,
        args: [...args, program.replaceAll("http://127.0.0.1:8000", node.url)],
        cwd: directory,
        env: {
          PATH: process.env.PATH ?? "",
          REDIS_URL: readFileSync(join(directory, ".hum/data/redis.url"), "utf8").trim(),
        },
        onLine: (line) => void said.push(line),
      });
      onTestFinished(() => {
        // A shell's commands are processes of their own.
        if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
      });
      // It may not listen yet when the first job ends.
      const heard = async () => {
        const job = await node.transcribe();
        await vi.waitFor(() => expect(said.join("\n")).toContain(job), { timeout: 1_000, interval: 20 });
      };
      await vi.waitFor(heard, { timeout: 20_000, interval: 20 });
    },
  );

  const senders = snippetsOf(page, "Commands").filter(({ language }) => languages.some((one) => one === language));
  test.each(senders)(`${page}:$line is answered by the events of its job`, async ({ language, text }) => {
    const { command, args } = interpreters[language as Language];
    const child = spawnChild({ command, args: [...args, text], cwd: checkoutRoot, env: environment() });
    expect(await child.exited).toMatchObject({ code: 0 });
    const ended = async () => {
      const answer = await fetch(`${node.url}/v1/events?type=transcription.completed&limit=1000`);
      const { data } = (await answer.json()) as { data: { correlationid: string; causationid?: string }[] };
      expect(data.filter(({ correlationid, causationid }) => correlationid === "mine" && causationid)).toHaveLength(1);
    };
    await vi.waitFor(ended, { timeout: 20_000, interval: 50 });
  });
}
