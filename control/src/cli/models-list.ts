/** `hum-helix models list`: the catalogue, what of it is installed, and where the rest would come from. */
import { createCatalogue } from "../core/catalogue.ts";
import { bytesIn } from "../core/installed.ts";
import { listedBytes, originOf } from "../core/model-source.ts";
import { readModelSpecs } from "../core/model-spec.ts";
import { formatBytes } from "../core/size.ts";
import { configOption, defineCommand, jsonOption } from "./command.ts";
import { exitCodes } from "./io.ts";
import { loadSettings } from "./settings.ts";
import { renderTable } from "./table.ts";

export const modelsList = defineCommand({
  name: "models list",
  summary: "Show the models that can be asked for, which are installed, and where they come from",
  details: "With --json also the aliases, the revision and the path of each.",
  operands: "none",
  options: { json: jsonOption, config: configOption },
  async run({ values }, io) {
    const config = loadSettings(io, values.config);
    const catalogue = createCatalogue(config);
    const sources = new Map(readModelSpecs(config.catalogue).map(({ name, source }) => [name, source]));
    const models = catalogue.list().map(({ model, installed }) => {
      const source = sources.get(model.name);
      return {
        name: model.name,
        aliases: model.aliases,
        installed,
        default: model === catalogue.defaultModel,
        engine: model.engine,
        languages: model.languages,
        translates: model.translates,
        bytes: (source && listedBytes(source)) ?? (bytesIn(model.path) || null),
        source: source?.kind ?? null,
        from: source === undefined ? null : originOf(source),
        revision: model.revision,
        path: model.path,
      };
    });
    if (values.json) {
      io.out(`${JSON.stringify(models)}\n`);
      return exitCodes.ok;
    }
    const rows = models.map((model) => [
      model.default ? `${model.name} (default)` : model.name,
      model.installed ? "yes" : "no",
      model.bytes === null ? "-" : formatBytes(model.bytes),
      model.languages === "all" ? "all" : model.languages.join(" "),
      model.from ?? "",
    ]);
    io.out(renderTable(["MODEL", "INSTALLED", "SIZE", "LANGUAGES", "FROM"], rows));
    return exitCodes.ok;
  },
});
