import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutRoot } from "../core/checkout.ts";
import { renderBanner, shellWord, withoutPassword } from "./banner.ts";

const facts = {
  url: "http://127.0.0.1:8000",
  model: "base",
  redisUrl: "redis://reader:word@127.0.0.1:6400",
  needsKey: false,
  cwd: checkoutRoot,
  startedInS: 2.04,
};

test("the Redis URL stands alone on a line, and the sample's path is short in the checkout", () => {
  const lines = renderBanner(facts).split("\n");
  expect(lines).toContain("redis://reader:word@127.0.0.1:6400");
  expect(lines).toContain("  curl -s http://127.0.0.1:8000/v1/audio/transcriptions -F file=@configs/samples/jfk.wav");
});

test("elsewhere the sample's path is absolute, and a key is taken from the environment", () => {
  const banner = renderBanner({ ...facts, cwd: "/", needsKey: true });
  expect(banner).toContain('-H "Authorization: Bearer $HUM_API_KEY"');
  expect(banner).toContain(`file=@${join(checkoutRoot, "configs/samples/jfk.wav").slice(1)}`);
});

test("a word with spaces or quotes survives the shell", () => {
  expect(shellWord("/a b/it's")).toBe("'/a b/it'\\''s'");
  expect(shellWord("/plain/path-1.wav")).toBe("/plain/path-1.wav");
});

test("a configured password is not shown", () => {
  expect(withoutPassword("redis://me:secret@host:1/0")).toBe("redis://me:***@host:1/0");
  expect(withoutPassword("unix:///run/redis.sock?username=me&password=secret")).not.toContain("secret");
  expect(withoutPassword("redis://host:6379")).toBe("redis://host:6379");
});
