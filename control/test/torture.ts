/** `make torture`: the fault suite with its full counts, and a table of what was seen; ROWS="1 4" runs only those. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { suite } from "./faults/suite.ts";

const asked = process.argv.slice(2).map(Number);
const known = suite.map(({ row }) => row);
const unknown = asked.filter((row) => !known.includes(row));
if (unknown.length > 0) {
  process.stderr.write(`${unknown.join(", ")}: no row of the suite, which has ${known.join(", ")}\n`);
  process.exit(2);
}
const rows = asked.length > 0 ? asked : known;

const record = "build/torture.jsonl";
mkdirSync("build", { recursive: true });
rmSync(record, { force: true });
const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "system", "fault-suite"];
const { status } = spawnSync(process.execPath, [...vitest, "-t", `row (${rows.join("|")}):`], {
  env: { ...process.env, HUM_TORTURE: record },
  stdio: ["ignore", "inherit", "inherit"],
});

const resultSchema = z.object({
  row: z.number(),
  title: z.string(),
  findings: z.array(z.object({ what: z.string(), seen: z.string(), bound: z.string(), isMet: z.boolean() })),
});
const lines = existsSync(record) ? readFileSync(record, "utf8").trim().split("\n") : [];
const results = lines.map((line) => resultSchema.parse(JSON.parse(line)));
for (const row of rows) {
  const result = results.find((each) => each.row === row);
  const title = suite.find((each) => each.row === row)?.title ?? "";
  process.stdout.write(`\n${row}. ${title}${result === undefined ? ": broke off, see above" : ""}\n`);
  for (const { what, seen, bound, isMet } of result?.findings ?? []) {
    process.stdout.write(`   ${isMet ? "ok  " : "FAIL"} ${what}: ${seen} (${bound})\n`);
  }
}
const met = results.flatMap(({ findings }) => findings).filter(({ isMet }) => isMet).length;
const all = results.flatMap(({ findings }) => findings).length;
process.stdout.write(`\n${met} of ${all} bounds held, ${results.length} of ${rows.length} rows ran to their end\n`);
process.exit(status ?? 1);
