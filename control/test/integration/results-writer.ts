/** A program that takes a run up, or begins it, and appends trials; it tells on stdout how many are on the disk. */
import { resumeResults } from "../../src/bench/results/resume.ts";
import { createResults } from "../../src/bench/results/writer.ts";
import { toError } from "../../src/core/to-error.ts";
import { makeEnd, makeRun, makeTrial } from "../bench-records.ts";

const [directory = "", count = ""] = process.argv.slice(2);
const { resumed } = await resumeResults(directory, makeRun());
const writer = resumed?.writer ?? (await createResults(directory, makeRun()));
const session = resumed?.run.session ?? 0;
process.stdout.write(`${resumed?.finished.size ?? 0}\n`);
try {
  for (let index = 0; index < Number(count); index += 1) {
    if (resumed?.finished.has(`${index}`) === true) continue;
    await writer.append(
      makeTrial({ trial_id: `${index}`, session, output: { text: "é".repeat(5000), language: null, segments: null } }),
    );
    process.stdout.write(`${index + 1}\n`);
  }
  await writer.append(makeEnd({ session, trials: Number(count) }));
} catch (error) {
  process.stderr.write(toError(error).message);
}
await writer.close();
