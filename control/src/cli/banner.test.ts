import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutRoot } from "../core/checkout.ts";
import { shellWord } from "../core/invocation.ts";
import { renderBanner } from "./banner.ts";

const facts = {
  url: "http://127.0.0.1:8000",
  model: "base",
  redisUrl: "redis://reader:word@127.0.0.1:6400",
  needsKey: false,
  cwd: checkoutRoot,
  startedInS: 2.04,
};

test("the Redis URL stands alone on a line, and the commands are short in the checkout", () => {
  const lines = renderBanner(facts).split("\n");
  expect(lines).toContain("redis://reader:word@127.0.0.1:6400");
  expect(lines).toContain("  curl -s http://127.0.0.1:8000/v1/audio/transcriptions -F file=@configs/samples/jfk.wav");
  expect(lines).toContain("  npx hum-helix events tail");
});

test("elsewhere both are named by their absolute paths, and a key is taken from the environment", () => {
  const banner = renderBanner({ ...facts, cwd: "/nowhere", needsKey: true });
  expect(banner).toContain('-H "Authorization: Bearer $HUM_API_KEY"');
  expect(banner).toContain(`file=@${shellWord(join(checkoutRoot, "configs/samples/jfk.wav"))}`);
  expect(banner).toContain(`  ${shellWord(join(checkoutRoot, "control/bin/hum-helix"))} events tail`);
  expect(banner).not.toContain("npx");
});
