/** The process: argv in, exit code out. */
import { runCli } from "./cli/cli.ts";
import { processIo } from "./cli/io.ts";

process.exitCode = await runCli(process.argv.slice(2), processIo());
