/** `hum-helix bench export`: hands a run out as a flat list of the old kind. */
import { exportLegacy } from "../../bench/results/legacy-export.ts";
import { configOption, defineCommand, jsonOption } from "../command.ts";
import { exitCodes } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { benchFailure } from "./failure.ts";
import { writeText } from "./reports.ts";
import { dirOption, openRun, resultsDirectory, runHelp } from "./results.ts";

export const benchExport = defineCommand({
  name: "bench export",
  summary: "Write a run as a flat list, as the old benchmark script wrote it",
  details: `${runHelp}
A row for each trial that was ok, with up to 15 keys; what has no place in it is told on standard error.`,
  operands: { least: 1, most: 1 },
  operandName: "RUN",
  options: {
    out: { type: "string", value: "FILE", help: "file to write; without it, or for -, standard output" },
    json: { ...jsonOption, help: "write the list as JSON in place of YAML" },
    dir: dirOption,
    config: configOption,
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const { out = "-" } = values;
    const config = loadSettings(io, values.config);
    const directory = resultsDirectory(values.dir, { config, io });
    const run = await openRun(operands[0] as string, { directory, normalizer: null, cwd: io.cwd });
    const { text, rows, notes } = exportLegacy(run);
    for (const note of notes) io.err(`note: ${note}\n`);
    await writeText(out, { text: values.json ? `${JSON.stringify(rows)}\n` : text, io });
    return exitCodes.ok;
  },
});
