/** `hum-helix bench list`: the results of a directory, or the definitions that can be run by name. */
import { listResults } from "../../bench/results/catalogue.ts";
import { pathFrom } from "../../core/invocation.ts";
import { configOption, defineCommand, jsonOption, usageError } from "../command.ts";
import { exitCodes } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { tellDefinitions } from "./definitions.ts";
import { benchFailure } from "./failure.ts";
import { resultsDirectory } from "./results.ts";
import { tellResults } from "./table.ts";

export const benchList = defineCommand({
  name: "bench list",
  summary: "List the results of a directory, the newest first, or the definitions that can be run",
  details: `Without a DIR it is results, or HUM_BENCH_RESULTS. Trials are all that are in the file, warm-up included. A file
that cannot be read is named with what is wrong with it. What begins a run's id, or its file's name, stands for it in
other verbs.`,
  operands: { least: 0, most: 1 },
  operandName: "[DIR]",
  options: {
    definitions: { type: "boolean", help: "list the definitions that bench run takes by name instead" },
    json: jsonOption,
    config: configOption,
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const config = loadSettings(io, values.config);
    if (values.definitions) {
      if (operands.length > 0) {
        const message = "--definitions takes no DIR; benchmarks.definitions_dir, or HUM_BENCH_DEFINITIONS, names it";
        return usageError("bench list", { message, io });
      }
      tellDefinitions({ directory: config.benchmarks.definitions_dir, json: values.json, io });
      return exitCodes.ok;
    }
    const directory = resultsDirectory(operands[0], { config, io });
    const listed = await listResults(directory);
    tellResults(listed, { json: values.json, io, nowMs: Date.now() });
    if (listed.length === 0 && !values.json) {
      io.err(`there are no results in ${pathFrom(io.cwd, directory)} yet; hum-helix bench run smoke makes the first\n`);
    }
    return exitCodes.ok;
  },
});
