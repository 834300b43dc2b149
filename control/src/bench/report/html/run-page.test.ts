import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { expect, test } from "vitest";
import { sampleRun } from "../../../../test/bench-run.ts";
import { compareRun } from "../../compare/compare-run.ts";
import { reportRun } from "../run-report.ts";
import { summarizeRun } from "../summary.ts";
import { renderRunPage } from "./run-page.ts";

const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(1)">`;
const sample = sampleRun({ extraText: hostile, host: hostile, iterations: 2, items: 6 });
// Other normalizers would take the brackets away.
const documents = { ...sample, trials: sample.trials.map((trial) => ({ ...trial, normalizer: "raw@1" })) };
const earlier = [1, 2].map((seed) =>
  summarizeRun(sampleRun({ seed, iterations: 1, items: 6, host: hostile, started: "2026-10-01T08:00:00.000Z" })),
);
const page = renderRunPage(reportRun(documents, { earlier, comparison: compareRun(documents) }));

test("the report has its sections, each reached from its head", () => {
  const sections = [...page.matchAll(/<section id="(\w+)"/g)].map(([, id]) => id);
  expect(sections).toEqual([
    "verdicts",
    "headline",
    "tradeoff",
    "latency",
    "stages",
    "accuracy",
    "cold",
    ...(page.includes('id="failures"') ? ["failures"] : []),
    "history",
    "errors",
    "provenance",
  ]);
  for (const id of sections) expect(page).toContain(`<a href="#${id}">`);
});

test("it loads nothing, and its policy lets nothing run but its own script and style", () => {
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? "";
  const [, style = ""] = /<style>([\s\S]*?)<\/style>/.exec(page) ?? [];
  const [, script = ""] = /<script>([\s\S]*?)<\/script>/.exec(page) ?? [];
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  expect(policy).toBe(
    `default-src 'none'; style-src ${hash(style)}; script-src ${hash(script)}; img-src data:; base-uri 'none'; form-action 'none'`,
  );
  expect(() => new Script(script)).not.toThrow();
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page).not.toMatch(/ (src|style|on\w+)="/);
  expect(page).not.toMatch(/href="(?!#|data:,")/);
  expect(style).not.toMatch(/@import|url\(/);
});

test("transcripts, hosts and whatever else others wrote are text and stay whole", () => {
  expect(page).not.toContain("<img");
  const data = JSON.parse(/id="data">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "");
  expect(JSON.stringify(data.mistakes)).toContain("</script><script>alert(1)");
  expect(page).toContain("&lt;/script&gt;&lt;script&gt;alert(1)");
});

test("tags are closed in turn", () => {
  const body = page.slice(page.indexOf("<body>"), page.indexOf('<script type="application/json"'));
  const open: string[] = [];
  for (const [, end, name = ""] of body.matchAll(/<(\/?)([a-z][a-z0-9]*)/g)) {
    if (["br", "input", "col", "hr"].includes(name)) continue;
    if (end === "") open.push(name);
    else expect(open.pop()).toBe(name);
  }
  expect(open).toEqual(["body"]);
});

test("what cannot be told has no section: a run without texts and stages", () => {
  const bare = {
    ...documents,
    trials: documents.trials.map((trial) => ({
      ...trial,
      metrics: {},
      output: null,
      timing: { ...trial.timing, stages: {}, process_start_s: null, load_s: null },
    })),
  };
  const text = renderRunPage(reportRun({ ...bare, trials: bare.trials.filter(({ warmup }) => !warmup) }));
  for (const id of ["verdicts", "tradeoff", "stages", "accuracy", "cold", "history", "errors"]) {
    expect(text).not.toContain(`<section id="${id}"`);
  }
  expect(text).toContain('<section id="latency"');
});

test("a run of ten thousand trials makes a page of less than 10 MB", { timeout: 30_000 }, () => {
  const large = sampleRun({ items: 42, iterations: 8 });
  expect(large.trials.length).toBeGreaterThan(10_000);
  expect(renderRunPage(reportRun(large)).length).toBeLessThan(10_000_000);
});
