/** What the reports of vitest (JSON) and pytest (JUnit's XML) tell: how many tests passed, and which failed and why. */
import { relative } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { type Failure, type Outcome, sum, type Tally } from "./tally.ts";

const vitestSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          ancestorTitles: z.array(z.string()),
          title: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()),
        }),
      ),
    }),
  ),
});

export function readVitest(report: string): Outcome {
  const outcomes = vitestSchema.parse(JSON.parse(report)).testResults.map(({ name, status, message, ...rest }) => {
    const file = relative(process.cwd(), name);
    const tests = rest.assertionResults;
    const failures = tests
      .filter((test) => test.status === "failed")
      .map(({ ancestorTitles, title, failureMessages }): Failure => {
        const path = [...ancestorTitles, title].filter((part) => part !== "").join(" > ");
        return { file, name: path, message: failureMessages.map(withoutFrames).join("\n") };
      });
    // A file that could not be loaded, or whose hooks failed, has failed without any failed test in it.
    if (status === "failed" && failures.length === 0) {
      failures.push({ file, name: "the file itself", message: withoutFrames(message) });
    }
    const passed = tests.filter((test) => test.status === "passed").length;
    const failed = tests.filter((test) => test.status === "failed").length;
    return { tally: { passed, failed: failures.length, skipped: tests.length - passed - failed }, failures };
  });
  return { tally: sum(outcomes.map(({ tally }) => tally)), failures: outcomes.flatMap(({ failures }) => failures) };
}

/** Without the places in the runner's own code. */
function withoutFrames(message: string): string {
  const lines = stripVTControlCharacters(message).split("\n");
  return lines.filter((line) => !/^ +at (.*node_modules|.*node:internal|new Promise)/.test(line)).join("\n");
}

/** What pytest writes is regular: a test case holds no test case, and no text has a bare bracket in it. */
export function readPytest(report: string): Outcome {
  const suite = /<testsuite\b[^>]*>/.exec(report)?.[0] ?? "";
  const count = (name: string) => Number(attributeOf(suite, name) ?? 0);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  const tally: Tally = { passed: count("tests") - failed - skipped, failed, skipped };
  const failures = [...report.matchAll(/<testcase\b([^>]*[^/])>(.*?)<\/testcase>/gs)].flatMap(
    ([, test = "", inside = ""]) =>
      [...inside.matchAll(/<(failure|error)\b([^>]*)>(.*?)<\/\1>/gs)].map(
        ([, , attributes = "", text = ""]): Failure => {
          const name = attributeOf(test, "name") ?? "";
          const file = attributeOf(test, "classname") || name;
          return {
            file,
            name,
            message: reasonOf({ message: attributeOf(attributes, "message") ?? "", text: plain(text) }),
          };
        },
      ),
  );
  return { tally, failures };
}

/** Pytest marks the lines of the error itself; the last line tells where it was. */
function reasonOf({ message, text }: { message: string; text: string }): string {
  const lines = text.trimEnd().split("\n");
  const marked = lines.filter((line) => line.startsWith("E ")).map((line) => line.slice(1).trim());
  return marked.length === 0 ? message : [...marked, lines.at(-1) ?? ""].join("\n");
}

function attributeOf(element: string, name: string): string | undefined {
  const value = new RegExp(` ${name}="([^"]*)"`).exec(element)?.[1];
  return value === undefined ? undefined : plain(value);
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function plain(text: string): string {
  return text.replaceAll(/&(#?\w+);/g, (whole, name: string) =>
    name.startsWith("#") ? String.fromCodePoint(Number(name.slice(1))) : (entities[name] ?? whole),
  );
}
