/** `hum-helix bench sync`: brings the results of another host here, verified, also while a run there is writing. */
import { resolve } from "node:path";
import { addressText, type SshAddress, sshAddressOf } from "../../bench/remote/address.ts";
import { benchDirOf } from "../../bench/remote/bench-dir.ts";
import { isLocal, readDockerContext } from "../../bench/remote/docker-context.ts";
import { type SyncedFile, syncResults } from "../../bench/remote/sync.ts";
import { pathFrom } from "../../core/invocation.ts";
import { quote } from "../../core/quote.ts";
import { userEnvironment } from "../../platform/child-environment.ts";
import { configOption, defineCommand, jsonOption } from "../command.ts";
import { exitCodes, type Io } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { createStatusLine } from "../status-line.ts";
import { renderTable } from "../table.ts";
import { duration } from "./progress.ts";

export const benchSync = defineCommand({
  name: "bench sync",
  summary: "Bring results from the Docker context's host, also while a run there is writing",
  details: `Without a HOST, and without BENCH_HOST, it is the host of the current Docker context. A HOST is what ssh takes, such as
v1, me@v1 or ssh://me@v1:2222; keys and ports are best written in ssh's own configuration. BENCH_SSH is the ssh command
(default: ssh), BENCH_DIR the directory on that host (default: /opt/hum-helix). rsync must be installed on both.
Every file is held against the host's own SHA-256. It ends with 1 where a file is not what it should be.`,
  operands: { least: 0, most: 1 },
  operandName: "HOST",
  options: {
    json: jsonOption,
    out: { type: "string", value: "DIR", help: "directory to put them into: results, or HUM_BENCH_RESULTS" },
    config: configOption,
  },
  async run({ values, operands }, io) {
    const env = userEnvironment(io.env);
    const { BENCH_HOST, BENCH_SSH } = io.env;
    const remote = {
      address: await addressToAsk(operands[0] ?? BENCH_HOST, env),
      ssh: (BENCH_SSH || "ssh").trim().split(/\s+/),
      env,
      signal: io.interrupted,
    };
    const status = createStatusLine(io);
    const into =
      values.out === undefined ? loadSettings(io, values.config).benchmarks.results_dir : resolve(io.cwd, values.out);
    const directory = benchDirOf(env);
    const files = await syncResults({ remote, directory, into, onProgress: status.show }).finally(status.clear);
    const host = addressText(remote.address);
    io.out(
      values.json
        ? `${JSON.stringify({ host, directory, into, files })}\n`
        : report(files, { host, directory, into, io }),
    );
    const isAllWell = files.every(({ problem }) => problem === null);
    return isAllWell ? exitCodes.ok : exitCodes.failed;
  },
});

async function addressToAsk(named: string | undefined, env: Record<string, string>): Promise<SshAddress> {
  if (named !== undefined && named !== "") {
    const address = sshAddressOf(named);
    if (address === null)
      throw new Error(`${quote(named)} is no host; it must be as ssh takes it, such as v1 or me@v1`);
    return address;
  }
  const choices = "choose another host by BENCH_HOST, or by: docker context use NAME";
  const context = await readDockerContext(env);
  if (context === null) throw new Error(`there is no docker here that could tell a host; ${choices}`);
  const address = isLocal(context) ? null : sshAddressOf(context.endpoint);
  if (address !== null) return address;
  throw new Error(
    isLocal(context)
      ? `the Docker context ${context.name} is this machine, whose results are here already; ${choices}`
      : `the Docker context ${context.name} is at ${context.endpoint}, which names no host for ssh; ${choices}`,
  );
}

function report(
  files: readonly SyncedFile[],
  where: { host: string; directory: string; into: string; io: Io },
): string {
  const { host, directory, into, io } = where;
  if (files.length === 0) return `${host} has no results in ${directory} yet\n`;
  const rows = files.map((file) => [file.name, described(file), String(file.trials ?? 0), actions[file.action]]);
  const complete = files.filter(({ status }) => status === "complete").length;
  const problems = files.flatMap(({ name, problem }) => (problem === null ? [] : [`${name}: ${problem}`]));
  const taken = files.length - problems.length;
  const place = pathFrom(io.cwd, into);
  return [
    renderTable(["result", "run", "trials", ""], rows),
    ...problems.map((problem) => `${problem}\n`),
    `${taken} of ${files.length} results of ${host} lie verified in ${place}, ${complete} of them complete\n`,
  ].join("");
}

const actions = { new: "new", grown: "has grown", unchanged: "as before", kept: "NOT TAKEN" } as const;

function described({ status, age_s }: SyncedFile): string {
  if (status === "open") return `no end yet, written to ${duration(age_s)} ago`;
  return status ?? "nothing whole yet";
}
