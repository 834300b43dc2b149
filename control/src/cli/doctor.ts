/** `hum-helix doctor`: finds what keeps a node from running, and says how to mend it. */
import type { Config } from "../core/config.ts";
import { ConfigError } from "../core/config-error.ts";
import { configOption, defineCommand, jsonOption } from "./command.ts";
import type { Finding } from "./doctor/finding.ts";
import { checkModels } from "./doctor/models.ts";
import { checkPort, checkRedis } from "./doctor/network.ts";
import { checkPython } from "./doctor/python.ts";
import { checkNode } from "./doctor/runtime.ts";
import { checkDirectories, checkSharedMemory } from "./doctor/storage.ts";
import { runTuning } from "./doctor/tuning.ts";
import { exitCodes, type Io } from "./io.ts";
import { loadSettings } from "./settings.ts";

const checks: readonly ((config: Config) => Promise<Finding[]>)[] = [
  checkPython,
  checkModels,
  checkPort,
  checkRedis,
  checkDirectories,
  checkSharedMemory,
];

export const doctor = defineCommand({
  name: "doctor",
  summary: "Check everything that the server needs, and tell how to mend what is missing",
  details: "Exit code 1 if something keeps `serve` from working; a warning alone does not.",
  operands: "none",
  options: {
    json: jsonOption,
    config: configOption,
    tune: { type: "boolean", help: "measure for minutes how engines use this machine best, and keep it for `serve`" },
    rounds: { type: "string", value: "N", help: "with --tune: how often each layout is measured (2)" },
  },
  async run({ values }, io) {
    if (values.tune) {
      const rounds = Number(values.rounds ?? 2);
      if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) {
        io.err(
          `hum-helix doctor: --rounds is ${JSON.stringify(values.rounds)}; it must be a whole number from 1 to 100\n`,
        );
        return exitCodes.usage;
      }
      return runTuning(loadSettings(io, values.config), { io, rounds, json: values.json });
    }
    const findings = await examine(io, values.config);
    if (values.json) io.out(`${JSON.stringify(findings)}\n`);
    else io.out(renderFindings(findings));
    return findings.some(({ state }) => state === "fail") ? exitCodes.failed : exitCodes.ok;
  },
});

async function examine(io: Io, configFile: string | undefined): Promise<Finding[]> {
  const node = await checkNode();
  let config: Config;
  try {
    config = loadSettings(io, configFile);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [...node, { name: "configuration", state: "fail", detail: error.message, fix: "correct these fields" }];
  }
  const sound: Finding = { name: "configuration", state: "ok", detail: "every field is valid", fix: null };
  // One after the other: they compete for the same disk and cores.
  const rest: Finding[] = [];
  for (const check of checks) rest.push(...(await check(config)));
  return [...node, sound, ...rest];
}

function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.map(({ name, state, detail, fix }) => {
    const indent = " ".repeat(width + 8);
    const head = `${state.padEnd(4)}  ${name.padEnd(width)}  ${detail.replaceAll("\n", `\n${indent}`)}`;
    return fix === null ? head : `${head}\n${indent}-> ${fix}`;
  });
  const failed = findings.filter(({ state }) => state === "fail").length;
  const verdict = failed === 0 ? "Nothing keeps the server from working." : `${failed} to mend before it can serve.`;
  return `${lines.join("\n")}\n\n${verdict}\n`;
}
