/** The Command noun: one verb of the command line, with its options, its help and what it does. */
import { type Operands, type Options, parseArguments, type ValuesOf } from "./arguments.ts";
import { type ExitCode, exitCodes, type Io } from "./io.ts";

export interface CommandInput<O extends Options> {
  values: ValuesOf<O>;
  operands: string[];
}

interface Definition<O extends Options> {
  /** One or two words, such as "serve" or "events tail". */
  name: string;
  summary: string;
  /** More for its own help, below the usage. */
  details?: string;
  operands: Operands;
  /** Where so many are taken, all of them as the help has them, such as `RUN [BASELINE]`. */
  operandName?: string;
  options: O;
  /** What the process exits with where it throws; without it 1. */
  failure?: (error: unknown) => ExitCode;
  run(input: CommandInput<O>, io: Io): Promise<ExitCode>;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly help: string;
  execute(args: readonly string[], io: Io): Promise<ExitCode>;
  /** The exit code for what `execute` throws. */
  failure(error: unknown): ExitCode;
}

/** Every verb that reads the configuration takes it. */
export const configOption = { type: "string", value: "FILE", help: "configuration file (also HUM_CONFIG)" } as const;
export const jsonOption = { type: "boolean", help: "print JSON for programs" } as const;
const helpOption = { type: "boolean", short: "h", help: "show this" } as const;

export function defineCommand<const O extends Options>(definition: Definition<O>): Command {
  const options = { ...definition.options, help: helpOption };
  const help = renderHelp(definition, options);
  return {
    name: definition.name,
    summary: definition.summary,
    help,
    failure: definition.failure ?? (() => exitCodes.failed),
    async execute(args, io) {
      // Asking for help never fails for what else stands there.
      if (args.includes("--help") || args.includes("-h")) {
        io.out(help);
        return exitCodes.ok;
      }
      const parsed = parseArguments(args, definition);
      if (!parsed.ok) return usageError(definition.name, { message: parsed.message, io });
      return definition.run(parsed, io);
    },
  };
}

/** Told with where to read more. */
export function usageError(verb: string, { message, io }: { message: string; io: Pick<Io, "err"> }): ExitCode {
  io.err(`hum-helix ${verb}: ${message}\nSee: hum-helix ${verb} --help\n`);
  return exitCodes.usage;
}

function renderHelp(definition: Definition<Options>, options: Options): string {
  const operand = definition.operandName ?? "ARGUMENT";
  const operands =
    typeof definition.operands === "object"
      ? ` ${operand}`
      : { none: "", any: ` [${operand}...]`, some: ` ${operand}...` }[definition.operands];
  const rows = Object.entries(options).map(([name, option]): [string, string] => {
    const value = option.type === "string" ? ` ${option.value ?? "VALUE"}` : "";
    return [`${option.short === undefined ? "" : `-${option.short}, `}--${name}${value}`, option.help];
  });
  const sections = [
    definition.summary,
    `Usage: hum-helix ${definition.name} [options]${operands}`,
    ...(definition.details === undefined ? [] : [definition.details]),
    `Options:\n${columns(rows)}`,
  ];
  return `${sections.join("\n\n")}\n`;
}

/** Two columns, the first as wide as its widest cell. */
export function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
