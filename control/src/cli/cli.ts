/** The command line: finds the verb, runs it, and turns what it throws into a message and an exit code. */
import { version } from "../core/checkout.ts";
import { nearest } from "../core/nearest.ts";
import { benchBaseline } from "./bench/baseline.ts";
import { benchCompare } from "./bench/compare.ts";
import { benchExport } from "./bench/export.ts";
import { benchImport } from "./bench/import.ts";
import { benchList } from "./bench/list.ts";
import { benchReport } from "./bench/report.ts";
import { benchRun } from "./bench/run.ts";
import { benchSelftest } from "./bench/selftest.ts";
import { benchShow } from "./bench/show.ts";
import { benchSync } from "./bench/sync.ts";
import { benchUp } from "./bench/up.ts";
import { benchWorkloads } from "./bench/workloads.ts";
import { type Command, columns } from "./command.ts";
import { doctor } from "./doctor.ts";
import { eventsReplay } from "./events-replay.ts";
import { eventsTail } from "./events-tail.ts";
import { type ExitCode, exitCodes, type Io } from "./io.ts";
import { modelsList } from "./models-list.ts";
import { modelsPull } from "./models-pull.ts";
import { serve } from "./serve.ts";
import { transcribe } from "./transcribe.ts";

const commands: readonly Command[] = [
  serve,
  transcribe,
  eventsTail,
  eventsReplay,
  modelsList,
  modelsPull,
  doctor,
  benchRun,
  benchList,
  benchShow,
  benchCompare,
  benchBaseline,
  benchReport,
  benchWorkloads,
  benchImport,
  benchExport,
  benchUp,
  benchSync,
  benchSelftest,
];

export async function runCli(args: readonly string[], io: Io): Promise<ExitCode> {
  const [first] = args;
  if (first === "--version" || first === "-V" || first === "version") {
    io.out(`hum-helix ${version}\n`);
    return exitCodes.ok;
  }
  if (first === "--help" || first === "-h" || first === "help") return help(args.slice(1), io);
  if (first === undefined) {
    io.err(overview());
    return exitCodes.usage;
  }
  const found = findCommand(args);
  if (found === undefined) return unknownVerb(args, io);
  try {
    return await found.command.execute(found.rest, io);
  } catch (error) {
    if (io.interrupted.aborted) return exitCodes.interrupted;
    io.err(`hum-helix ${found.command.name}:${messageOf(error, io)}\n`);
    return found.command.failure(error);
  }
}

function findCommand(args: readonly string[]): { command: Command; rest: string[] } | undefined {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(" ");
    const command = commands.find((candidate) => candidate.name === name);
    if (command !== undefined) return { command, rest: args.slice(words) };
  }
  return undefined;
}

function help(args: readonly string[], io: Io): ExitCode {
  if (args.length > 0) {
    const found = findCommand(args);
    if (found === undefined) return unknownVerb(args, io);
    io.out(found.command.help);
  } else {
    io.out(overview());
  }
  return exitCodes.ok;
}

function overview(): string {
  const verbs = columns(commands.map(({ name, summary }) => [name, summary] as const));
  return `hum-helix ${version}: local speech-to-text that publishes every transcript as events.

Usage: hum-helix VERB [options]

${verbs}

hum-helix VERB --help tells a verb's options; configs/default.yaml lists every setting.
`;
}

function unknownVerb(args: readonly string[], io: Io): ExitCode {
  const [first = ""] = args;
  const group = commands.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name);
  if (group.length > 0 && (args.length === 1 || args[1]?.startsWith("-") === true)) {
    io.err(`hum-helix: ${first} needs a second word: ${group.join(", ")}\n`);
    return exitCodes.usage;
  }
  const names = commands.map(({ name }) => name);
  const asked = args.slice(0, group.length > 0 ? 2 : 1).join(" ");
  const meant = nearest(args.slice(0, 2).join(" "), names) ?? nearest(asked, names);
  const hint = meant === undefined ? `known are: ${names.join(", ")}` : `did you mean ${meant}?`;
  io.err(`hum-helix: unknown verb ${JSON.stringify(asked)}; ${hint}\n`);
  return exitCodes.usage;
}

/** A person gets the message; who looks for a fault of ours gets where it happened. */
function messageOf(error: unknown, io: Io): string {
  if (!(error instanceof Error)) return ` ${error}`;
  const lines = error.message.includes("\n") ? `\n${error.message}` : ` ${error.message}`;
  return io.env.HUM_LOG_LEVEL === "debug" ? `\n${error.stack}` : lines;
}
