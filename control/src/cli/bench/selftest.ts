/** `hum-helix bench selftest`: whether verdicts can be trusted here: known answers, and what this machine can tell apart. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { exitCodes as verdictCodes } from "../../bench/compare/exit-codes.ts";
import { type Check, knownAnswers } from "../../bench/selftest/known-answers.ts";
import { addedPart, type MachineFindings, measureMachine } from "../../bench/selftest/machine.ts";
import { createSut } from "../../bench/suts/create.ts";
import type { WorkloadItem } from "../../bench/workloads/item.ts";
import { checkoutRoot } from "../../core/checkout.ts";
import { systemClock } from "../../core/clock.ts";
import { configOption, defineCommand, jsonOption } from "../command.ts";
import { exitCodes } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { createStatusLine } from "../status-line.ts";
import { renderTable } from "../table.ts";
import { benchFailure } from "./failure.ts";
import { describeProgress } from "./progress.ts";

const usualBlocks = 12;

export const benchSelftest = defineCommand({
  name: "bench selftest",
  summary: "Check that benchmarks say what is true, and measure the least difference that this machine can tell",
  details: `Texts and times that were made up must get the errors and verdicts that were put in. Then a server transcribes the
bundled clip under three names in turns: twice as it is, which tells the machine's own noise, and once with
${100 * addedPart} % added, which must be found.
Exit code 0 if all is well, 4 if not.`,
  operands: "none",
  options: {
    model: { type: "string", value: "MODEL", help: "what is measured with; the default model" },
    blocks: { type: "string", value: "N", help: `blocks of three trials (${usualBlocks}); a real run may need more` },
    json: jsonOption,
    config: configOption,
  },
  failure: benchFailure,
  async run({ values }, io) {
    const blocks = Number(values.blocks ?? usualBlocks);
    if (!Number.isInteger(blocks) || blocks < 6 || blocks > 1000) {
      io.err(
        `hum-helix bench selftest: --blocks is ${JSON.stringify(values.blocks)}; it must be a whole number from 6 to 1000\n`,
      );
      return exitCodes.usage;
    }
    const config = loadSettings(io, values.config);
    const status = createStatusLine(io);
    const known = knownAnswers();
    status.show("starting a server");
    const found = await measureMachine(
      createSut({ kind: "hum-helix", name: "hum-helix", settings: {} }, { env: io.env, cwd: io.cwd }),
      {
        item: sample(),
        model: values.model ?? config.model,
        blocks,
        clock: systemClock,
        signal: io.interrupted,
        onProgress: (progress) => status.show(describeProgress(progress)),
      },
    ).finally(status.clear);
    const checks = [...known, ...machineChecks(found)];
    const ok = checks.every((check) => check.ok);
    if (values.json) io.out(`${JSON.stringify({ ok, checks, ...found })}\n`);
    else
      io.out(
        renderTable(
          ["", "CHECK", "FOUND"],
          checks.map((one) => [one.ok ? "ok" : "FAIL", one.name, one.detail]),
        ),
      );
    return ok ? exitCodes.ok : verdictCodes.invalid;
  },
});

function machineChecks({ detectable, slower }: MachineFindings): Check[] {
  const percent = (part: number) => `${(100 * part).toFixed(1)} %`;
  const noise: Check =
    detectable === undefined
      ? { name: "this machine", ok: false, detail: "too few blocks were answered" }
      : {
          name: "this machine",
          ok: !detectable.biased,
          detail: detectable.biased
            ? `favours one of two equal sides by ${percent(Math.abs(detectable.bias))}: no verdict is to be trusted`
            : `can tell a difference of ${percent(detectable.effect)} in ${detectable.blocks} blocks`,
        };
  const size = `${percent(Math.expm1(slower.value))} more time (${percent(slower.level)}: ${percent(Math.expm1(slower.low))} to ${percent(Math.expm1(slower.high))})`;
  return [
    noise,
    {
      name: `${100 * addedPart} % added on purpose`,
      ok: slower.verdict === "regression",
      detail: `${size}: ${slower.verdict}`,
    },
  ];
}

function sample(): WorkloadItem {
  const path = join(checkoutRoot, "configs", "samples", "jfk.wav");
  return {
    key: "jfk/jfk",
    workload: "jfk",
    name: "jfk",
    audio: "configs/samples/jfk.wav",
    path,
    sha256: createHash("sha256").update(readFileSync(path)).digest("hex"),
    duration_s: 11,
    text: readFileSync(path.replace(/wav$/, "txt"), "utf8").trim(),
    expect: "speech",
    language: "en",
    speaker: null,
  };
}
