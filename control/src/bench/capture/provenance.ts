/** What reproduces a run: the code's state, the versions that computed, and how it was asked for. */
import { loadavg } from "node:os";
import { z } from "zod";
import { checkoutRoot, version } from "../../core/checkout.ts";
import { linesOf } from "../../platform/run-command.ts";
import type { Provenance } from "../results/record.ts";
import { type SutContext, withoutSettings } from "../suts/context.ts";

const lookMs = 10_000;
const packages = ["faster-whisper", "ctranslate2", "onnxruntime", "av", "numpy"];

const program = `
import importlib.metadata, json, sys
found = {}
for name in json.loads(sys.argv[1]):
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
found["python"] = sys.version.split()[0]
print(json.dumps(found))
`;

export async function readProvenance(
  run: { command: readonly string[]; definitionFile: string | null; python: string },
  { env }: Pick<SutContext, "env">,
): Promise<Provenance> {
  const { command, definitionFile, python } = run;
  const options = { env: withoutSettings(env), timeoutMs: lookMs };
  const [code, versions] = await Promise.all([
    stateOfCode(env),
    linesOf(python, ["-c", program, JSON.stringify(packages)], options),
  ]);
  return {
    hum_helix: version,
    ...code,
    node: process.version,
    packages: z.record(z.string(), z.string()).parse(JSON.parse(versions?.at(-1) ?? "{}")),
    command: [...command],
    definition_file: definitionFile,
    load_average: loadavg(),
  };
}

/**
 * Of this checkout only: it may lie, without a history of its own, inside of somebody else's. In a container, which has
 * none, it is what whoever built the image told: BENCH_COMMIT and BENCH_DIRTY.
 */
export async function stateOfCode(env: SutContext["env"]): Promise<Pick<Provenance, "commit" | "dirty">> {
  const options = { env: withoutSettings(env), timeoutMs: lookMs };
  const git = (...args: string[]) => linesOf("git", ["-C", checkoutRoot, ...args], options);
  const [top] = (await git("rev-parse", "--show-toplevel")) ?? [];
  if (top !== checkoutRoot) return toldState(env);
  const [head, changed] = await Promise.all([
    git("rev-parse", "HEAD"),
    git("status", "--porcelain", "--untracked-files=no"),
  ]);
  return { commit: head?.[0] ?? null, dirty: changed === null ? null : changed.length > 0 };
}

function toldState({ BENCH_COMMIT: commit = "", BENCH_DIRTY }: SutContext["env"]) {
  return /^[0-9a-f]{40,64}$/.test(commit) ? { commit, dirty: BENCH_DIRTY === "true" } : { commit: null, dirty: null };
}
