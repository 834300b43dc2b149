/** Result files as rows of a table, and as what programs are told of them. */
import { basename } from "node:path";
import type { ListedResult, ResultSummary } from "../../bench/results/catalogue.ts";
import type { Io } from "../io.ts";
import { renderTable } from "../table.ts";
import { duration } from "./progress.ts";

type Listed = readonly ListedResult[];

/** Those that cannot be read are told behind the others, with what is wrong. */
export function tellResults(listed: Listed, { json, io, nowMs }: { json: boolean; io: Io; nowMs: number }): void {
  if (json) {
    io.out(`${JSON.stringify(listed.map(factsOf))}\n`);
    return;
  }
  const rows = listed.flatMap((result) => ("run" in result ? [rowOf(result, nowMs)] : []));
  if (rows.length > 0) {
    io.out(renderTable(["STARTED (UTC)", "NAME", "STATUS", "TRIALS", "CONFIGS", "ENVIRONMENT", "FILE"], rows));
  }
  for (const result of listed) if (!("run" in result)) io.err(`${withPlace(result)}\n`);
}

/** Errors of a reader begin with the file's path and a line. */
function withPlace({ file, problem }: { file: string; problem: string }): string {
  return problem.startsWith(file) ? problem : `${file}: ${problem}`;
}

function rowOf({ file, run, status, trials, modifiedMs }: ResultSummary, nowMs: number): string[] {
  const age = duration(Math.max(0, nowMs - modifiedMs) / 1000);
  return [
    startedText(run.started),
    run.name,
    status === "open" ? `open, written ${age} ago` : status,
    String(trials),
    String(run.configs.filter(({ twin_of }) => twin_of === null).length),
    environmentText(run),
    basename(file),
  ];
}

/** Of an imported run nobody knows it. */
function environmentText({ environment, environment_key }: ResultSummary["run"]): string {
  return environment.cpus === 0 ? environment.host : `${environment.host} ${environment_key.slice(0, 8)}`;
}

export const startedText = (started: string): string => started.slice(0, 16).replace("T", " ");

function factsOf(listed: ListedResult): object {
  if (!("run" in listed)) return listed;
  const { file, bytes, modifiedMs, run, status, trials } = listed;
  const { run_id, name, started, plan_hash, configs, environment_key, environment } = run;
  return {
    ...{ file, run_id, name, started, status, trials },
    configs: configs.map(({ label }) => label),
    ...{ plan_hash, environment_key, host: environment.host, commit: run.provenance.commit, bytes },
    modified: new Date(modifiedMs).toISOString(),
  };
}
