/** `hum-helix models pull`: fetches and verifies weights; takes milliseconds for what is there already. */
import { unknownModel } from "../core/catalogue.ts";
import { checkoutRoot } from "../core/checkout.ts";
import type { Config } from "../core/config.ts";
import { HumError } from "../core/errors.ts";
import { type ModelSpec, readModelSpecs } from "../core/model-spec.ts";
import { formatBytes } from "../core/size.ts";
import { packageDirOf } from "../fleet/process.ts";
import { type Installation, installModel } from "../models/install.ts";
import { configOption, defineCommand, jsonOption } from "./command.ts";
import { exitCodes } from "./io.ts";
import { createPullProgress } from "./pull-progress.ts";
import { loadSettings } from "./settings.ts";

export const modelsPull = defineCommand({
  name: "models pull",
  summary: "Download models and check every byte of them; without a name, those that come as packages",
  details: `Packages come by pip from the index that your pip is configured for, everything else from the Hugging Face hub
(HF_ENDPOINT names a mirror, HF_TOKEN whoever asks). All is pinned by the catalogue; see: hum-helix models list.
A download from the hub that was interrupted goes on where it was.`,
  operands: "any",
  operandName: "MODEL",
  options: {
    json: {
      ...jsonOption,
      help: "print lines of JSON: name, action (downloading, then installed or present), bytes, path",
    },
    config: configOption,
  },
  async run({ values, operands }, io) {
    const config = loadSettings(io, values.config);
    for (const spec of selectSpecs(config, operands)) {
      const progress = createPullProgress(spec.name, { io, json: values.json });
      const installation = await installModel(spec, {
        modelDir: config.model_dir,
        python: config.python,
        packageDir: packageDirOf(checkoutRoot),
        env: io.env,
        signal: io.interrupted,
        onProgress: progress.tell,
      }).finally(progress.end);
      const { name } = spec;
      io.out(`${values.json ? JSON.stringify({ name, ...installation }) : sentence(spec, installation)}\n`);
    }
    return exitCodes.ok;
  },
});

function selectSpecs(config: Config, asked: readonly string[]): ModelSpec[] {
  const specs = readModelSpecs(config.catalogue);
  // Never gigabytes that nobody asked for.
  if (asked.length === 0) return specs.filter(({ source }) => source.kind === "packages");
  const names = specs.map(({ name }) => name);
  const aliases = specs.flatMap((spec) => [spec.name, ...spec.aliases]);
  const selected = asked.map((word) => {
    const name = word === "whisper-1" ? config.model : word;
    const spec = specs.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
    if (spec === undefined) throw new HumError("model_unknown", unknownModel(name, { names, aliases }));
    return spec;
  });
  return [...new Set(selected)];
}

function sentence({ name, source }: ModelSpec, { action, bytes }: Installation): string {
  switch (source.kind) {
    case "wheel":
      return `model ${name} comes with the package ${source.package} ${source.version}; there is nothing to pull`;
    case "directory":
      return `model ${name} lies in ${source.path}; there is nothing to pull`;
    case "packages":
    case "hub":
      return `model ${name} is installed${action === "installed" ? ` and verified (${formatBytes(bytes ?? 0)})` : ""}`;
  }
}
