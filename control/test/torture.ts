/** `make torture`: the fault suite with its full counts, and a table of what was seen; ROWS="1 4" runs only those. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { suite } from "./faults/suite.ts";

const asked = process.argv.slice(2).map(Number);
/** The brokers' row is the conformance suite of the sinks, whose tests tell what they saw. */
const brokersRow = 7;
const known = [...suite.map(({ row }) => row), brokersRow];
const unknown = asked.filter((row) => !known.includes(row));
if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(", ")}: no row of the suite, which has ${known.join(", ")}\n`);
  process.exit(2);
}
const rows = asked.length > 0 ? asked : known;

const record = "build/torture.jsonl";
mkdirSync("build", { recursive: true });
rmSync(record, { force: true });
const scenarioRows = rows.filter((row) => row !== brokersRow);
const statuses = [
  scenarioRows.length === 0
    ? 0
    : vitest(["--project", "system", "fault-suite", "-t", `row (${scenarioRows.join("|")}):`]),
  rows.includes(brokersRow)
    ? vitest(["--project", "integration", "--project", "system", "conformance-", "kafka-sink"])
    : 0,
];

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
if (rows.includes(brokersRow)) {
  const verdict = statuses[1] === 0 ? "ok  " : "FAIL";
  process.stdout.write(
    `\n${brokersRow}. each broker is killed in mid-batch\n   ${verdict} the conformance suite of every sink\n`,
  );
}
const met = results.flatMap(({ findings }) => findings).filter(({ isMet }) => isMet).length;
const all = results.flatMap(({ findings }) => findings).length;
process.stdout.write(
  `\n${met} of ${all} bounds held, ${results.length} of ${scenarioRows.length} rows ran to their end\n`,
);
process.exit(statuses.some((status) => status !== 0) ? 1 : 0);
