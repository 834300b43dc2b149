/** `make torture`: the fault suite with its full counts, and a table of what was seen; ROWS="1 4" runs only those. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { suite } from "./faults/suite.ts";

/** Rows that are tests of their own, which tell what they saw as all tests do. */
const tests: Readonly<Record<number, { title: string; args: readonly string[] }>> = {
  7: {
    title: "each broker is killed in mid-batch",
    args: ["--project", "integration", "--project", "buses", "conformance-", "kafka-sink"],
  },
  9: { title: "engines are ended in mid-work", args: ["--project", "system", "system/faults", "-t", "an engine that"] },
  10: { title: "engines hang or die at real work", args: ["--project", "system", "real-faults"] },
  13: { title: "ten times the load", args: ["--project", "system", "overload"] },
  15: { title: "the node is told to end under load", args: ["--project", "system", "system/faults", "-t", "SIGTERM"] },
};

const asked = process.argv.slice(2).map(Number);
const known = [...suite.map(({ row }) => row), ...Object.keys(tests).map(Number)];
const unknown = asked.filter((row) => !known.includes(row));
if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(", ")}: no row of the suite, which has ${known.join(", ")}\n`);
  process.exit(2);
}
const rows = asked.length > 0 ? asked : known;

const record = "build/torture.jsonl";
mkdirSync("build", { recursive: true });
rmSync(record, { force: true });
const scenarioRows = rows.filter((row) => tests[row] === undefined);
const scenarios = `row (${scenarioRows.join("|")}):`;
const played = scenarioRows.length === 0 ? 0 : vitest(["--project", "system", "fault-suite", "-t", scenarios]);
const ended = rows.flatMap((row) => {
  const test = tests[row];
  return test === undefined ? [] : [{ row, title: test.title, status: vitest(test.args) }];
});

function vitest(args: readonly string[]): number {
  const env = { ...process.env, HUM_TORTURE: record };
  const command = ["node_modules/vitest/vitest.mjs", "run", ...args];
  return spawnSync(process.execPath, command, { env, stdio: ["ignore", "inherit", "inherit"] }).status ?? 1;
}

const resultSchema = z.object({
  row: z.number(),
  title: z.string(),
  findings: z.array(z.object({ what: z.string(), seen: z.string(), bound: z.string(), isMet: z.boolean() })),
});
const lines = existsSync(record) ? readFileSync(record, "utf8").trim().split("\n") : [];
const results = lines.map((line) => resultSchema.parse(JSON.parse(line)));
for (const row of scenarioRows) {
  const result = results.find((each) => each.row === row);
  const title = suite.find((each) => each.row === row)?.title ?? "";
  process.stdout.write(`\n${row}. ${title}${result === undefined ? ": broke off, see above" : ""}\n`);
  for (const { what, seen, bound, isMet } of result?.findings ?? []) {
    process.stdout.write(`   ${isMet ? "ok  " : "FAIL"} ${what}: ${seen} (${bound})\n`);
  }
}
for (const { row, title, status } of ended) {
  process.stdout.write(`\n${row}. ${title}\n   ${status === 0 ? "ok  " : "FAIL"} its tests\n`);
}
const met = results.flatMap(({ findings }) => findings).filter(({ isMet }) => isMet).length;
const all = results.flatMap(({ findings }) => findings).length;
process.stdout.write(
  `\n${met} of ${all} bounds held, ${results.length} of ${scenarioRows.length} rows ran to their end\n`,
);
process.exit(played === 0 && ended.every(({ status }) => status === 0) ? 0 : 1);
