/** `hum-helix bench up`: runs a benchmark where the Docker context points, or on this machine where that is here. */
import { join } from "node:path";
import { exitCodes as verdictCodes } from "../../bench/compare/exit-codes.ts";
import { loadDefinition } from "../../bench/definition/load.ts";
import { benchDirOf } from "../../bench/remote/bench-dir.ts";
import { findCompose } from "../../bench/remote/compose.ts";
import { isLocal, readDockerContext } from "../../bench/remote/docker-context.ts";
import { type EngineOutcome, runOnEngine } from "../../bench/remote/engine-run.ts";
import { choosePlace } from "../../bench/remote/place.ts";
import { leftBehind, pathInImage } from "../../bench/remote/travels.ts";
import { metricNames } from "../../bench/report/metrics.ts";
import { checkoutRoot } from "../../core/checkout.ts";
import { HumError } from "../../core/errors.ts";
import { pathFrom } from "../../core/invocation.ts";
import { userEnvironment } from "../../platform/child-environment.ts";
import { configOption, defineCommand } from "../command.ts";
import { type ExitCode, exitCodes, type Io } from "../io.ts";
import { modelsPull } from "../models-pull.ts";
import { loadSettings } from "../settings.ts";
import { findDefinition } from "./definitions.ts";
import { benchFailure } from "./failure.ts";
import { benchRun } from "./run.ts";

export const benchUp = defineCommand({
  name: "bench up",
  summary: "Run a benchmark on the Docker context's host, or here where that is this machine",
  details: `Without a DEFINITION it is configs/bench/smoke.yaml. Where the Docker context's engine is on this machine, or there
is no Docker, it is the same as: bench run DEFINITION. BENCH=docker runs it in a container all the same, and
BENCH=local without one in any case. On an engine elsewhere the definition and its audio travel in the image, so all
must lie in configs; results lie in that host's BENCH_DIR (default: /opt/hum-helix), from where bench sync brings them here.
It ends as the benchmark ends there; Ctrl-C stops that, with results that are whole and can be taken up.`,
  operands: { least: 0, most: 1 },
  operandName: "[DEFINITION]",
  options: {
    config: configOption,
    detach: { type: "boolean", help: "on an engine: leave it running there; bench sync brings what it has written" },
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const config = loadSettings(io, values.config);
    const definition = findDefinition(operands[0] ?? "smoke", { config, io });
    const env = userEnvironment(io.env);
    const place = await choosePlace(env.BENCH, () => readDockerContext(env));
    if (place.kind === "machine") {
      io.err(`Running ${pathFrom(io.cwd, definition)} on this machine\n`);
      const settings = values.config === undefined ? [] : ["--config", values.config];
      const pulled = await modelsPull.execute(settings, io);
      if (pulled === exitCodes.failed) return verdictCodes.unavailable;
      return pulled === exitCodes.ok ? benchRun.execute([...settings, definition], io) : pulled;
    }
    const { context } = place;
    const inImage = await checkTravel(definition, env);
    const here = isLocal(context);
    const directory = here && !io.env.BENCH_DIR ? config.benchmarks.results_dir : benchDirOf(env);
    io.err(`Running ${inImage} on the engine of the Docker context ${context.name}; results go to its ${directory}\n`);
    const outcome = await runOnEngine({
      compose: await findCompose(env),
      // What a container writes into a directory of this machine is to be its user's.
      env: {
        ...env,
        BENCH_DIR: directory,
        ...(here ? { BENCH_USER: `${process.getuid?.()}:${process.getgid?.()}` } : {}),
      },
      definition: inImage,
      detach: values.detach,
      signal: io.interrupted,
      onLine: (line, stream) => (stream === "stdout" ? io.out : io.err)(`${line}\n`),
    });
    if (outcome.kind === "running") io.err(goesOn(outcome));
    if (!here) io.err("Bring the results here: make sync-bench-results\n");
    return exitCodeOf(outcome, io);
  },
});

const goesOn = ({ container, isMeant }: Extract<EngineOutcome, { kind: "running" }>) =>
  `${isMeant ? "" : "The connection was lost. "}The benchmark goes on there; see it with: docker logs --follow ${container}\n`;

function exitCodeOf(outcome: EngineOutcome, io: Io): ExitCode {
  if (io.interrupted.aborted) return exitCodes.interrupted;
  if (outcome.kind === "ended") return outcome.code as ExitCode;
  return outcome.isMeant ? exitCodes.ok : verdictCodes.invalid;
}

/** Its path in the image. Throws before minutes of building are spent on what could not run there. */
async function checkTravel(definition: string, env: Record<string, string>): Promise<string> {
  const inImage = pathInImage(definition);
  if (inImage === null)
    throw new HumError(
      "bad_request",
      `${definition} would not be in the image; put it into ${pathFrom(process.cwd(), join(checkoutRoot, "configs", "bench"))}`,
    );
  const problems = await leftBehind(loadDefinition(definition, { env, metrics: metricNames }));
  if (problems.length > 0) {
    throw new HumError(
      "bad_request",
      [...problems, "hum-helix bench workloads --copy --out configs/bench/workloads puts audio there"].join("\n"),
    );
  }
  return inImage;
}
