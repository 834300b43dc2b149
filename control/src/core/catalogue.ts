/** The catalogue of models: names and aliases to entries, and which of them are installed. */
import type { Config } from "./config.ts";
import { ConfigError } from "./config-error.ts";
import { HumError } from "./errors.ts";
import { isInstalled, modelPath } from "./installed.ts";
import { invocation } from "./invocation.ts";
import type { Catalogue, ModelEntry } from "./model.ts";
import { type ModelSpec, readModelSpecs } from "./model-spec.ts";
import { nearest } from "./nearest.ts";

/** What every OpenAI client asks for: here the default model, whichever that is. */
const defaultAlias = "whisper-1";

/** Throws ConfigError for a bad catalogue file, or where the default model is not in it. */
export function createCatalogue(
  config: Pick<Config, "catalogue" | "model_dir" | "model" | "allow_fake_models">,
): Catalogue {
  const specs = readModelSpecs(config.catalogue);
  const byName = new Map(specs.flatMap((spec) => [spec.name, ...spec.aliases].map((name) => [name, spec] as const)));
  const names = specs.map(({ name }) => name);
  const unknown = (name: string) => unknownModel(name, { names, aliases: [...byName.keys()] });

  const defaultModel = ((): ModelEntry => {
    const spec = byName.get(config.model);
    if (spec !== undefined) return entryOf(spec, { path: modelPath(spec, config.model_dir), isDefault: true });
    if (config.allow_fake_models && isFake(config.model)) {
      return { ...fakeEntry(config.model), aliases: [defaultAlias] };
    }
    const message = isFake(config.model)
      ? `${config.model} is a fake model, which needs allow_fake_models: true (HUM_ALLOW_FAKE_MODELS)`
      : unknown(config.model);
    throw new ConfigError([{ place: "model (HUM_MODEL)", message }]);
  })();

  const entryFor = (spec: ModelSpec) =>
    spec.name === defaultModel.name
      ? defaultModel
      : entryOf(spec, { path: modelPath(spec, config.model_dir), isDefault: false });

  return {
    defaultModel,
    resolve(asked) {
      const name = asked === undefined || asked === defaultAlias ? defaultModel.name : asked;
      if (isFake(name)) {
        if (!config.allow_fake_models) throw refusal(`${name} is a fake model, which this server does not allow`);
        return name === defaultModel.name ? defaultModel : fakeEntry(name);
      }
      const spec = byName.get(name);
      if (spec === undefined) throw refusal(unknown(name));
      if (!isInstalled(spec, config.model_dir)) throw refusal(notInstalled(spec));
      return entryFor(spec);
    },
    list() {
      const listed = specs.map((spec) => ({ model: entryFor(spec), installed: isInstalled(spec, config.model_dir) }));
      return isFake(defaultModel.name) ? [{ model: defaultModel, installed: true }, ...listed] : listed;
    },
  };
}

function entryOf(spec: ModelSpec, options: { path: string; isDefault: boolean }): ModelEntry {
  return {
    name: spec.name,
    aliases: options.isDefault ? [...spec.aliases, defaultAlias] : spec.aliases,
    engine: spec.engine,
    languages: spec.languages,
    translates: spec.translates,
    revision: revisionOf(spec),
    path: options.path,
  };
}

/** The hub's commit where the files are the hub's; otherwise what tells these weights from any others. */
function revisionOf({ source }: ModelSpec): string {
  switch (source.kind) {
    case "hub":
      return source.revision;
    case "packages":
      return source.published.identical
        ? source.published.revision
        : `sha256:${largestOf(source.files)?.sha256.slice(0, 12)}`;
    case "wheel":
      return source.version;
    case "directory":
      // Nothing pins the user's own files, and hashing gigabytes at every start is no price for a name.
      return "unpinned";
  }
}

/** The weights: everything else of a model is small. */
function largestOf<T extends { bytes: number }>(files: Readonly<Record<string, T>>): T | undefined {
  return Object.values(files).toSorted((a, b) => b.bytes - a.bytes)[0];
}

function notInstalled({ name, source }: ModelSpec): string {
  return source.kind === "directory"
    ? `model ${name} is known, but ${source.path} holds no model.bin; put it there, or correct its directory in the catalogue`
    : `model ${name} is known but not installed; run: ${invocation()} models pull ${name}`;
}

const isFake = (name: string) => name.startsWith("fake:");

function fakeEntry(name: string): ModelEntry {
  return { name, aliases: [], engine: "fake", languages: "all", translates: true, revision: "fake", path: "" };
}

function refusal(message: string): HumError {
  return new HumError("model_unknown", message, { param: "model" });
}

/** `aliases` hold the names too: any of them may be meant. */
export function unknownModel(name: string, known: { names: readonly string[]; aliases: readonly string[] }): string {
  const meant = nearest(name, known.names) ?? nearest(name, known.aliases);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  return `there is no model ${JSON.stringify(name)}${hint} (known: ${known.names.join(", ")})`;
}
