/** The shortest ways to follow a node, as proto/events/SUBSCRIBE.md shows them, each run as it stands there. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
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
type Language = keyof typeof interpreters;

/** Registers one test for each that is in one of `languages`; in the documents the node listens on port 8000. */
export function snippets(languages: readonly Language[]): void {
  const directory = mkdtempSync(join(tmpdir(), "hum-snippets-"));
  let node: ExampleNode;

  beforeAll(async () => {
    node = await startExampleNode(directory);
  }, 60_000);

  afterAll(async () => {
    await node.stop();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  const followers = snippetsOf("proto/events/SUBSCRIBE.md", "In three lines").flatMap((snippet) => {
    const language = languages.find((one) => one === snippet.language);
    return language === undefined || snippet.text.startsWith("export ") ? [] : [{ ...snippet, language }];
  });
  if (followers.length === 0) throw new Error(`there is no snippet in ${languages.join(" or ")}`);

  test.each(followers)("line $line, in $language, prints what comes from now on", async ({ language, text }) => {
    const { command, args } = interpreters[language];
    const said: string[] = [];
    const child = spawnChild({
      command,
      args: [...args, text.replaceAll("http://127.0.0.1:8000", node.url)],
      cwd: checkoutRoot,
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
  });
}
