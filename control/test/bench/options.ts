/** What `npm run bench:engine` is asked for on its command line, and its help. */

import { parseArguments } from "../../src/cli/arguments.ts";
import { nearest } from "../../src/core/nearest.ts";

/** The scenarios by the names that `--only` takes, in the order in which they run. */
export const scenarioTitles = {
  lone: "lone 11 s clip, language given",
  "lone-auto": "lone 11 s clip, language detected",
  busy: "8 at once, language given, time per clip",
  "busy-auto": "8 at once, language detected, time per clip",
  "busy-greedy": "8 at once, language given, beam 1, time per clip",
  sixteen: "16 clips one by one and at once, time per clip (CUDA only)",
  upload: "60 MB upload to the engine's call",
  file: "10-minute file",
  beside: "short clips beside a 5-minute file, p95",
} as const;
export type ScenarioName = keyof typeof scenarioTitles;
const scenarioNames = Object.keys(scenarioTitles) as ScenarioName[];

const devices = ["auto", "cpu", "cuda"] as const;

const options = {
  blocks: { type: "string", value: "N", help: "how often everything is measured, in turns (5)" },
  "long-blocks": { type: "string", value: "N", help: "the same for file and beside, which take minutes (1)" },
  only: { type: "string", value: "NAMES", help: "some of the scenarios below, with commas between" },
  model: { type: "string", value: "NAME", help: "an installed model (base)" },
  device: { type: "string", value: "DEVICE", help: "auto, cpu or cuda (auto)" },
  "compute-type": { type: "string", value: "TYPE", help: "CTranslate2's; auto is float16 on CUDA, else int8 (auto)" },
  json: { type: "string", value: "FILE", help: "writes everything there as well" },
  help: { type: "boolean", short: "h", help: "shows this" },
} as const;

export interface BenchOptions {
  blocks: number;
  longBlocks: number;
  only: readonly ScenarioName[];
  model: string;
  device: (typeof devices)[number];
  computeType: string;
  json: string | null;
}

/** A mistake is a sentence; asked for help, it is the help. */
export type Read =
  | { kind: "options"; options: BenchOptions }
  | { kind: "help"; text: string }
  | { kind: "mistake"; text: string };

export function readOptions(args: readonly string[]): Read {
  const parsed = parseArguments(args, { options, operands: "none" });
  if (!parsed.ok) return { kind: "mistake", text: parsed.message };
  const { values } = parsed;
  if (values.help) return { kind: "help", text: help() };
  const blocks = wholeNumber(values.blocks ?? "5", 1);
  if (blocks === null) return mistake("blocks", values.blocks, "a whole number from 1");
  const longBlocks = wholeNumber(values["long-blocks"] ?? "1", 0);
  if (longBlocks === null) return mistake("long-blocks", values["long-blocks"], "a whole number from 0");
  const device = devices.find((name) => name === (values.device ?? "auto"));
  if (device === undefined) return mistake("device", values.device, "auto, cpu or cuda");
  const only: ScenarioName[] = [];
  for (const name of values.only?.split(",") ?? scenarioNames) {
    const known = scenarioNames.find((scenario) => scenario === name.trim());
    if (known === undefined) return { kind: "mistake", text: unknownScenario(name.trim()) };
    only.push(known);
  }
  return {
    kind: "options",
    options: {
      blocks,
      longBlocks,
      only: scenarioNames.filter((name) => only.includes(name)),
      model: values.model ?? "base",
      device,
      computeType: values["compute-type"] ?? "auto",
      json: values.json ?? null,
    },
  };
}

function wholeNumber(text: string, least: number): number | null {
  const number = Number(text);
  return text.trim() !== "" && Number.isInteger(number) && number >= least ? number : null;
}

const mistake = (name: string, value: string | undefined, demand: string): Read => ({
  kind: "mistake",
  text: `--${name} is ${JSON.stringify(value)}; it must be ${demand}`,
});

function unknownScenario(name: string): string {
  const meant = nearest(name, scenarioNames);
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
  return `--only has ${JSON.stringify(name)}, which is no scenario${hint} (there are ${scenarioNames.join(", ")})`;
}

function help(): string {
  const width = 22;
  const optionLines = Object.entries(options).map(([name, option]) => {
    const value = "value" in option ? ` ${option.value}` : "";
    return `  ${`--${name}${value}`.padEnd(width)}${option.help}`;
  });
  const scenarioLines = Object.entries(scenarioTitles).map(([name, title]) => `  ${name.padEnd(width)}${title}`);
  return [
    "npm run bench:engine -- [OPTIONS]",
    "",
    "Asks this server and plain faster-whisper the same things in one run, in turns, block by block, and prints",
    "each one's median and its ratio to the first. About ten minutes on two cores, and as long again for file and beside.",
    "",
    ...optionLines,
    "",
    "Scenarios:",
    ...scenarioLines,
  ].join("\n");
}
