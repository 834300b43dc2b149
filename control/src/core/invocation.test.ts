import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { checkoutRoot } from "./checkout.ts";
import { invocation, shellWord } from "./invocation.ts";

test.each([checkoutRoot, join(checkoutRoot, "configs"), join(checkoutRoot, "control", "src")])(
  "npx finds us in %s",
  (cwd) => {
    expect(invocation(cwd)).toBe("npx hum-helix");
  },
);

test.each(["/", dirname(checkoutRoot), `${checkoutRoot}-two`])(
  "in %s, where npx would ask a registry, it is the launcher's path",
  (cwd) => {
    expect(invocation(cwd)).toBe(shellWord(join(checkoutRoot, "control", "bin", "hum-helix")));
  },
);

test("a word with spaces or quotes survives the shell", () => {
  expect(shellWord("/a b/it's")).toBe("'/a b/it'\\''s'");
  expect(shellWord("/plain/path-1.wav")).toBe("/plain/path-1.wav");
});
