/** `make test` and its kin: runs both languages' tests and closes with one count, from their own reports. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readPytest, readVitest } from "./reports.ts";
import { closeWith, type Failure, type Outcome, sum } from "./tally.ts";

const verbs = {
  test: { projects: ["unit", "gates", "integration", "scripted", "e2e"], marker: "not system" },
  "test-system": { projects: ["buses", "system"], marker: "system" },
  "test-containers": { projects: ["containers"], marker: null },
} as const;

const verb = process.argv[2] as keyof typeof verbs;
if (!Object.hasOwn(verbs, verb)) throw new Error(`'${verb}' is no verb; ${Object.keys(verbs).join(", ")} are`);
const { projects, marker } = verbs[verb];

const reports = join("build", verb);
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });
const outcomes = [
  runVitest(join(reports, "vitest.json")),
  ...(marker === null ? [] : [runPytest(join(reports, "pytest.xml"), marker)]),
];
closeWith(verb, {
  tally: sum(outcomes.map(({ tally }) => tally)),
  failures: outcomes.flatMap(({ failures }) => failures),
});

function runVitest(report: string): Outcome {
  const status = run(process.execPath, [
    "node_modules/vitest/vitest.mjs",
    "run",
    ...projects.flatMap((project) => ["--project", project]),
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  return judge("vitest", { status, outcome: existsSync(report) ? readVitest(readFileSync(report, "utf8")) : null });
}

function runPytest(report: string, marker: string): Outcome {
  const status = run(".venv/bin/python", ["-m", "pytest", "sidecar/tests", `--junitxml=${report}`, "-m", marker]);
  const outcome = existsSync(report) ? readPytest(readFileSync(report, "utf8")) : null;
  // Exit status 5 says that no test has the marker: so it is where all system tests are TypeScript.
  if (status === 5 && verb === "test-system") return { tally: sum([]), failures: [] };
  return judge("pytest", { status, outcome });
}

/** The exit status; null when a signal ended it. */
function run(command: string, args: readonly string[]): number | null {
  process.stdout.write(`\n> ${[command, ...args].join(" ")}\n`);
  return spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] }).status;
}

/** A runner that broke, or saw nothing to run, is a failure of its own, whatever its report says. */
function judge(runner: string, { status, outcome }: { status: number | null; outcome: Outcome | null }): Outcome {
  if (outcome !== null && outcome.tally.failed > 0) return outcome;
  if (outcome !== null && outcome.tally.passed > 0 && status === 0) return outcome;
  const found = outcome === null ? "left no report" : `reported ${outcome.tally.passed} passed and no failure`;
  const message = `it ended with status ${status} and ${found}: counted as 1 failed; it said more above`;
  const broken: Failure = { file: runner, name: "the run itself", message };
  return { tally: sum([outcome?.tally ?? sum([]), { passed: 0, failed: 1, skipped: 0 }]), failures: [broken] };
}
