import { Script } from "node:vm";
import { expect, test } from "vitest";
import { inlineModules } from "./inline.ts";

test.for(["report", "results"])("the script of the page %s is plain JavaScript that imports nothing", (name) => {
  const script = inlineModules(new URL(`./browser/${name}.ts`, import.meta.url));
  expect(() => new Script(script)).not.toThrow();
  expect(script).not.toMatch(/^\s*(import|export)\b/m);
  expect(script).not.toMatch(/\beval\b|new Function|fetch\(|XMLHttpRequest|innerHTML/);
});

test("a page cannot import what is no file of ours", () => {
  expect(() => inlineModules(new URL("./html/document.ts", import.meta.url))).toThrow(
    'document.ts: a page cannot have "node:crypto" with it',
  );
});
