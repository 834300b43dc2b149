/** The gate over imports: runs dependency-cruiser and makes sure that it saw every file of ours. */
import { globSync } from "node:fs";
import { resolve } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import extractCruiseOptions from "dependency-cruiser/config-utl/extract-depcruise-options";
import extractTsConfig from "dependency-cruiser/config-utl/extract-ts-config";

const { output } = await cruise(
  ["control"],
  await extractCruiseOptions(resolve(".dependency-cruiser.cjs")),
  {},
  { tsConfig: extractTsConfig(resolve("tsconfig.json")) },
);
if (typeof output === "string") throw new TypeError("dependency-cruiser gave text; its result was wanted");

const complaints = [...unseenFiles(output), ...violations(output)];
for (const complaint of complaints) process.stdout.write(`${complaint}\n`);
process.stdout.write(`${complaints.length} complaints about ${output.summary.totalCruised} modules\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;

/** With a compiler that it cannot use, dependency-cruiser sees no TypeScript at all and finds nothing wrong. */
function unseenFiles(result: ICruiseResult): string[] {
  const seen = new Set(result.modules.map((module) => module.source));
  const files = globSync("control/**/*.ts");
  if (files.length === 0) return ["control: holds no TypeScript file"];
  return files.filter((file) => !seen.has(file)).map((file) => `${file}: dependency-cruiser did not see it`);
}

function violations(result: ICruiseResult): string[] {
  const { violations, ruleSetUsed } = result.summary;
  const meaning = new Map(ruleSetUsed?.forbidden?.map(({ name, comment }) => [name, comment]));
  return violations.map(({ from, to, rule, cycle }) => {
    const path = cycle === undefined ? to : cycle.map((step) => step.name).join(" -> ");
    return `${from} -> ${path}: ${rule.name}: ${meaning.get(rule.name)}`;
  });
}
