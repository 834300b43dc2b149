/** Makes what the code exports the promise: `npm run proto:release`, which refuses to take back an earlier one; `npm run proto:break` does not. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { compareContracts, findingLine } from "./compare.ts";
import { type Contract, exportContract } from "./contract.ts";
import { readJson, releasedFile } from "./files.ts";

const current = exportContract();
const findings = existsSync(releasedFile) ? compareContracts(readJson(releasedFile) as Contract, current) : [];
for (const finding of findings) process.stdout.write(`${findingLine(finding)}\n`);

if (findings.some(({ breaking }) => breaking) && !process.argv.includes("--break")) {
  const advice = "Give it a new version, or, where nobody can rely on v1 yet, run: npm run proto:break";
  process.stderr.write(`This breaks what v1 promised. ${advice}\n`);
  process.exitCode = 1;
} else {
  mkdirSync(new URL("./", releasedFile), { recursive: true });
  writeFileSync(releasedFile, `${JSON.stringify(current, null, 2)}\n`);
}
