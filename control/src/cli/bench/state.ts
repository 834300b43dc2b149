/** What a reader of a stored run must know of its file, on standard error: its oddities, and how an unfinished run goes on. */
import { dirname } from "node:path";
import { invocation, pathFrom, shellWord } from "../../core/invocation.ts";
import type { Io } from "../io.ts";
import type { OpenedRun } from "./results.ts";

export function tellState({ file, run, end, notes, incomplete }: OpenedRun, io: Io): void {
  for (const note of notes) io.err(`note: ${note}\n`);
  if (incomplete) io.err("note: its last document is cut off, and left out\n");
  if (end?.status === "complete") return;
  const state = end === null ? "it has no end yet: it is being written, or its harness died" : `it is ${end.status}`;
  const { definition_file } = run.provenance;
  if (definition_file === null) {
    io.err(`note: ${state}\n`);
    return;
  }
  const [definition, out] = [definition_file, dirname(file)].map((path) => shellWord(pathFrom(io.cwd, path) || "."));
  io.err(`note: ${state}; it is taken up by: ${invocation(io.cwd)} bench run ${definition} --out ${out}\n`);
}
