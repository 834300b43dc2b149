/** `hum-helix models list`: the catalogue, and what of it is installed. */
import { createCatalogue } from "../core/catalogue.ts";
import { configOption, defineCommand, jsonOption } from "./command.ts";
import { exitCodes } from "./io.ts";
import { loadSettings } from "./settings.ts";
import { renderTable } from "./table.ts";

export const modelsList = defineCommand({
  name: "models list",
  summary: "Show the models that can be asked for, and which are installed",
  operands: "none",
  options: { json: jsonOption, config: configOption },
  async run({ values }, io) {
    const catalogue = createCatalogue(loadSettings(io, values.config));
    const models = catalogue.list().map(({ model, installed }) => ({
      name: model.name,
      aliases: model.aliases,
      installed,
      default: model === catalogue.defaultModel,
      languages: model.languages,
      translates: model.translates,
      revision: model.revision,
    }));
    if (values.json) {
      io.out(`${JSON.stringify(models)}\n`);
      return exitCodes.ok;
    }
    const rows = models.map((model) => [
      model.default ? `${model.name} (default)` : model.name,
      model.installed ? "yes" : "no",
      model.languages === "all" ? "all" : model.languages.join(" "),
      model.aliases.join(" "),
    ]);
    io.out(renderTable(["MODEL", "INSTALLED", "LANGUAGES", "ALIASES"], rows));
    return exitCodes.ok;
  },
});
