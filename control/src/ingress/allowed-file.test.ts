import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HumError } from "../core/errors.ts";
import { openAllowed } from "./allowed-file.ts";

const dir = realpathSync(mkdtempSync(join(tmpdir(), "hum-roots-")));
const root = join(dir, "audio");
beforeAll(() => {
  mkdirSync(join(root, "deep"), { recursive: true });
  writeFileSync(join(root, "deep", "a.wav"), "audio");
  writeFileSync(join(dir, "secret.wav"), "secret");
  mkdirSync(join(dir, "audio-not"));
  writeFileSync(join(dir, "audio-not", "a.wav"), "secret");
  symlinkSync(join(root, "deep", "a.wav"), join(root, "inside.wav"));
  symlinkSync(join(dir, "secret.wav"), join(root, "outside.wav"));
  symlinkSync(dir, join(root, "up"));
  symlinkSync(root, join(dir, "linked"));
  execFileSync("mkfifo", [join(root, "pipe")]);
});
afterAll(() => rmSync(dir, { recursive: true }));

const open = (path: string, options: { roots?: readonly string[]; maxBytes?: number } = {}) =>
  openAllowed(path, { roots: [root], maxBytes: 100, ...options });

async function failureOf(path: string, options?: Parameters<typeof open>[1]): Promise<HumError> {
  const thrown = await open(path, options).then(
    () => new Error("it was opened"),
    (error: unknown) => error,
  );
  if (thrown instanceof HumError) return thrown;
  throw thrown;
}

// As they are written: join would resolve the dots.
test.each([
  "audio/deep/a.wav",
  "audio/inside.wav",
  "audio/deep/../deep/a.wav",
  "linked/deep/a.wav",
  "audio//deep/./a.wav",
])("%s is opened", async (path) => {
  const file = await open(`${dir}/${path}`);
  expect(await file.readFile("utf8")).toBe("audio");
  await file.close();
});

test.each([
  "secret.wav",
  "audio-not/a.wav",
  "audio/../secret.wav",
  "audio/outside.wav",
  "audio/up/secret.wav",
  "audio/up/audio-not/a.wav",
  "audio/missing.wav",
  "missing.wav",
  "audio/deep/a.wav/b",
  "audio",
])("%s is refused in the words that say nothing of what is there", async (path) => {
  const { code, message } = await failureOf(`${dir}/${path}`);
  expect(code).toBe("bad_request");
  expect(message).toBe(
    `audio.path is ${JSON.stringify(`${dir}/${path}`)}; it must be a file in a directory of commands.roots`,
  );
});

test.each(["/proc/self/environ", "/dev/zero", "/etc/passwd"])("%s is refused", async (path) => {
  expect((await failureOf(path)).message).toContain("commands.roots");
});

test.each(["deep", "pipe"])("%s in the directory is no regular file, and not waited for", async (name) => {
  expect((await failureOf(join(root, name))).message).toContain("no regular file");
});

test("a file that is too large is refused before it is read", async () => {
  expect(await failureOf(join(root, "inside.wav"), { maxBytes: 4 })).toMatchObject({ code: "too_large" });
});

test("without directories nothing is opened, and it says so", async () => {
  expect((await failureOf(join(root, "inside.wav"), { roots: [] })).message).toContain("commands.roots is empty");
});

test("a directory that is missing is no obstacle to the others, and the root of all allows everything", async () => {
  for (const roots of [[join(dir, "missing"), root], ["/"]]) {
    const file = await open(join(root, "inside.wav"), { roots });
    await file.close();
  }
});
