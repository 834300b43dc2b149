/** The weights: whether they are installed, and still what the catalogue lists, byte for byte. */
import { createCatalogue } from "../../core/catalogue.ts";
import type { Config } from "../../core/config.ts";
import { ConfigError } from "../../core/config-error.ts";
import { isInstalled, modelDirectory } from "../../core/installed.ts";
import { invocation } from "../../core/invocation.ts";
import { type ModelSpec, readModelSpecs } from "../../core/model-spec.ts";
import { verifyModel } from "../../models/install.ts";
import { type Finding, fine } from "./finding.ts";

export async function checkModels(config: Config): Promise<Finding[]> {
  try {
    const { defaultModel } = createCatalogue(config);
    const findings: Finding[] = [];
    for (const spec of readModelSpecs(config.catalogue)) {
      findings.push(await checkModel(spec, { config, isDefault: spec.name === defaultModel.name }));
    }
    return findings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [{ name: "models", state: "fail", detail: error.message, fix: "correct HUM_MODEL or the catalogue" }];
  }
}

async function checkModel(spec: ModelSpec, options: { config: Config; isDefault: boolean }): Promise<Finding> {
  const { config, isDefault } = options;
  const directory = modelDirectory(config.model_dir, spec.name);
  const name = `model ${spec.name}`;
  if (!isInstalled(spec, directory)) {
    return {
      name,
      // Other models are missed only by who asks for them.
      state: isDefault ? "fail" : "warn",
      detail: `${isDefault ? "the default model, " : ""}not installed in ${config.model_dir}`,
      fix: `${invocation()} models install ${spec.name}`,
    };
  }
  const problems = await verifyModel(spec, directory);
  if (problems.length === 0) return fine(name, `installed, every file verified${isDefault ? " (default)" : ""}`);
  return {
    name,
    state: isDefault ? "fail" : "warn",
    detail: problems.join("\n"),
    fix: `rm -r ${directory}, then ${invocation()} models install ${spec.name}`,
  };
}
