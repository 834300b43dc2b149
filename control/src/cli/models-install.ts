/** `hum-helix models install`: fetches and verifies weights; takes milliseconds for what is there already. */
import { createCatalogue } from "../core/catalogue.ts";
import { HumError } from "../core/errors.ts";
import { type ModelSpec, readModelSpecs } from "../core/model-spec.ts";
import { nearest } from "../core/nearest.ts";
import { type Installation, installModel } from "../models/install.ts";
import type { InstallStep } from "../models/progress.ts";
import { configOption, defineCommand, jsonOption } from "./command.ts";
import { exitCodes, type Io } from "./io.ts";
import { loadSettings } from "./settings.ts";
import { createStatusLine } from "./status-line.ts";

export const modelsInstall = defineCommand({
  name: "models install",
  summary: "Download models and check every byte of them; without a name, all of the catalogue",
  details: "Packages come by pip from the index that your pip is configured for, pinned by hash.",
  operands: "any",
  operandName: "MODEL",
  options: {
    json: { ...jsonOption, help: "print one line of JSON per model: name, action (installed or present), path, bytes" },
    config: configOption,
  },
  async run({ values, operands }, io) {
    const config = loadSettings(io, values.config);
    const specs = selectSpecs(readModelSpecs(config.catalogue), operands, createCatalogue(config).defaultModel.name);
    for (const spec of specs) {
      const progress = createInstallProgress(spec.name, io);
      const installation = await installModel(spec, {
        modelDir: config.model_dir,
        python: config.python,
        env: io.env,
        signal: io.interrupted,
        onProgress: progress.tell,
      }).finally(progress.end);
      const { name } = spec;
      io.out(`${values.json ? JSON.stringify({ name, ...installation }) : sentence(name, installation)}\n`);
    }
    return exitCodes.ok;
  },
});

function selectSpecs(specs: readonly ModelSpec[], names: readonly string[], defaultName: string): ModelSpec[] {
  if (names.length === 0) return [...specs];
  const known = specs.map(({ name }) => name);
  const selected = names.map((asked) => {
    const name = asked === "whisper-1" ? defaultName : asked;
    const spec = specs.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
    if (spec !== undefined) return spec;
    const meant = nearest(name, known);
    const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
    throw new HumError(
      "model_unknown",
      `there is no model ${JSON.stringify(name)}${hint} (known: ${known.join(", ")})`,
    );
  });
  return [...new Set(selected)];
}

function createInstallProgress(model: string, io: Io): { tell: (step: InstallStep) => void; end: () => void } {
  const status = createStatusLine(io);
  let told = "";
  /** A line of its own for each stage where nothing can be redrawn. */
  const stage = (text: string) => {
    if (text === told) return;
    told = text;
    if (!io.terminal.err) io.err(`${text}\n`);
  };
  return {
    end: status.clear,
    tell(step) {
      switch (step.step) {
        case "download": {
          const percent = Math.floor((100 * step.doneBytes) / step.totalBytes);
          stage(`downloading model ${model} (${megabytes(step.totalBytes)})`);
          status.show(`downloading model ${model}: ${percent} % of ${megabytes(step.totalBytes)}`);
          break;
        }
        case "unpack":
          stage(`unpacking model ${model}`);
          status.show(`unpacking model ${model}`);
          break;
        case "verify":
          stage(`verifying model ${model}`);
          status.show(`verifying ${model}/${step.file}`);
          break;
      }
    },
  };
}

function sentence(model: string, { action, bytes }: Installation): string {
  return `model ${model} is installed${action === "installed" ? ` and verified (${megabytes(bytes)})` : ""}`;
}

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
