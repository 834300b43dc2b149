/** `make test` and `make test-system`: runs both languages' tests and closes with one count, from their own reports. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { closeWith, sum, type Tally } from "./tally.ts";

const verbs = {
  test: { projects: ["unit", "gates", "integration", "e2e"], marker: "not system" },
  "test-system": { projects: ["system"], marker: "system" },
} as const;

const verb = process.argv[2];
if (verb !== "test" && verb !== "test-system") throw new Error(`'${verb}' is no verb; test and test-system are`);
const { projects, marker } = verbs[verb];

const reports = join("build", verb);
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
closeWith(verb, sum([runVitest(join(reports, "vitest.json")), runPytest(join(reports, "pytest.xml"))]));

function runVitest(report: string): Tally {
  const status = run(process.execPath, [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  return judge("vitest", { status, tally: existsSync(report) ? vitestTally(readFileSync(report, "utf8")) : null });
}

function runPytest(report: string): Tally {
  const status = run(".venv/bin/python", ["-m", "pytest", "sidecar/tests", `--junitxml=${report}`, "-m", marker]);
  const tally = existsSync(report) ? pytestTally(readFileSync(report, "utf8")) : null;
  // Exit status 5 says that no test has the marker: so it is where all system tests are TypeScript.
  if (status === 5 && verb === "test-system") return { passed: 0, failed: 0, skipped: 0 };
  return judge("pytest", { status, tally });
}

/** The exit status; null when a signal ended it. */
function run(command: string, args: readonly string[]): number | null {
  process.stdout.write(`\n> ${[command, ...args].join(" ")}\n`);
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] }).status;
}

/** A runner that broke, or saw nothing to run, is a failure of its own, whatever its report says. */
function judge(runner: string, { status, tally }: { status: number | null; tally: Tally | null }): Tally {
  if (tally !== null && tally.failed > 0) return tally;
  if (tally !== null && tally.passed > 0 && status === 0) return tally;
  const found = tally === null ? "left no report" : `reported ${tally.passed} passed and no failure`;
  process.stdout.write(`${runner} ended with status ${status} and ${found}: counted as 1 failed\n`);
  return sum([tally ?? { passed: 0, failed: 0, skipped: 0 }, { passed: 0, failed: 1, skipped: 0 }]);
}

function vitestTally(report: string): Tally {
  const { testResults } = z
    .object({
      testResults: z.array(
        z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
      ),
    })
    .parse(JSON.parse(report));
  const tallies = testResults.map(({ status, assertionResults }): Tally => {
    const count = (wanted: string) => assertionResults.filter((test) => test.status === wanted).length;
    const passed = count("passed");
    const failed = count("failed");
    // A file that could not be loaded, or whose hooks failed, has failed without any failed test in it.
    if (status === "failed" && failed === 0) return { passed, failed: 1, skipped: assertionResults.length - passed };
    return { passed, failed, skipped: assertionResults.length - passed - failed };
  });
  return sum(tallies);
}

function pytestTally(report: string): Tally {
  const attributes = /<testsuite\b[^>]*>/.exec(report)?.[0] ?? "";
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(attributes)?.[1] ?? 0);
  const failed = count("failures") + count("errors");
  const skipped = count("skipped");
  return { passed: count("tests") - failed - skipped, failed, skipped };
}
