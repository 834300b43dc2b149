/** `hum-helix bench import`: takes results of the old kind over, flat lists with a row for each trial. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { summarizeResult } from "../../bench/results/catalogue.ts";
import { type Imported, importLegacy } from "../../bench/results/legacy-import.ts";
import { createResults, resultName } from "../../bench/results/writer.ts";
import { HumError } from "../../core/errors.ts";
import { pathFrom } from "../../core/invocation.ts";
import { configOption, defineCommand, jsonOption } from "../command.ts";
import { exitCodes } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { benchFailure } from "./failure.ts";
import { dirOption, resultsDirectory } from "./results.ts";

export const benchImport = defineCommand({
  name: "bench import",
  summary: "Make results of flat lists as the old benchmark script wrote them",
  details: `Each FILE becomes a result file of one run, whose environment is unknown: such runs are listed, shown and put on the
results page like others, and are comparable with no other run. A list that was imported before is not written again.`,
  operands: "some",
  operandName: "FILE",
  options: {
    out: dirOption,
    json: { ...jsonOption, help: "print a line of JSON for each file" },
    config: configOption,
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const config = loadSettings(io, values.config);
    const directory = resultsDirectory(values.out, { config, io });
    for (const file of operands) {
      if ("run" in (await summarizeResult(file))) throw new HumError("bad_request", `${file} is a result file already`);
    }
    // All are read before any is written.
    const imports = operands.map((file) => ({ from: file, ...importLegacy(file) }));
    for (const { from, notes, ...imported } of imports) {
      const known = join(directory, resultName(imported.run));
      const isNew = !existsSync(known);
      const file = isNew ? await write(imported, directory) : known;
      const { trials } = imported;
      if (values.json) {
        io.out(
          `${JSON.stringify({ from, file, new: isNew, run_id: imported.run.run_id, trials: trials.length, notes })}\n`,
        );
        continue;
      }
      io.out(
        `${from}: ${trials.length} trials, ${isNew ? "into" : "which are already in"} ${pathFrom(io.cwd, file)}\n`,
      );
      for (const note of notes) io.err(`note: ${note}\n`);
    }
    return exitCodes.ok;
  },
});

async function write({ run, trials, end }: Omit<Imported, "notes">, directory: string): Promise<string> {
  const writer = await createResults(directory, run);
  try {
    for (const document of [...trials, end]) await writer.append(document);
  } finally {
    await writer.close();
  }
  return writer.file;
}
