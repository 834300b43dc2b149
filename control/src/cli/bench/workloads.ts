/** `hum-helix bench workloads`: manifests of speech with known text, from packages and from folders of one's own. */
import { join, resolve } from "node:path";
import { type Built, buildManifest, countByReason } from "../../bench/workloads/builders/build.ts";
import { pathSources } from "../../bench/workloads/builders/by-path.ts";
import { packagedSources } from "../../bench/workloads/builders/packaged.ts";
import type { Gathered, LeftOut } from "../../bench/workloads/builders/source.ts";
import { pathFrom } from "../../core/invocation.ts";
import { configOption, defineCommand, jsonOption } from "../command.ts";
import { type ExitCode, exitCodes, type Io } from "../io.ts";
import { progressBar } from "../progress-bar.ts";
import { loadSettings } from "../settings.ts";
import { createStatusLine } from "../status-line.ts";
import { chooseSources } from "./sources.ts";
import { listSources } from "./sources-list.ts";

/** Names of those that are left out for one reason; the file has all of them. */
const toldNames = 5;

export const benchWorkloads = defineCommand({
  name: "bench workloads",
  summary: "List speech with known text, and write manifests of it for benchmarks",
  details: `Without a SOURCE it lists what there is. A SOURCE is one of
${[...packagedSources.map(({ name }) => `  ${name}`), ...pathSources.map(({ name, title }) => `  ${name} PATH: ${title}`)].join("\n")}
For each a manifest DIR/NAME.jsonl is written, and DIR/NAME.left-out.txt with what is not in it and why.`,
  operands: "any",
  operandName: "SOURCE",
  options: {
    json: jsonOption,
    out: { type: "string", value: "DIR", help: "directory to write manifests into" },
    copy: { type: "boolean", help: "copy the audio beside each manifest; else it stays where it is" },
    language: { type: "string", value: "CODE", help: "what is spoken in folders of your own, such as de" },
    config: configOption,
  },
  async run({ values, operands }, io) {
    if (operands.length === 0) return listSources({ json: values.json }, io);
    const { out, language } = values;
    if (out === undefined) return usage(io, "--out DIR is missing: where the manifests go");
    if (language !== undefined && !/^[a-z]{2,3}$/.test(language)) {
      return usage(io, `--language is ${JSON.stringify(language)}; it must be a code such as de`);
    }
    const chosen = chooseSources(operands, { cwd: io.cwd, language: language ?? null });
    if (!chosen.ok) return usage(io, chosen.message);
    const config = loadSettings(io, values.config);
    const status = createStatusLine(io);
    const names = new Set<string>();
    for (const gather of chosen.gathers) {
      const gathered = await gather();
      if (names.has(gathered.name)) throw new Error(`two sources would both be written as ${gathered.name}.jsonl`);
      names.add(gathered.name);
      const built = await buildManifest(gathered, {
        out: resolve(io.cwd, out),
        copy: values.copy,
        cacheDir: join(config.data_dir, "bench"),
        python: config.python,
        signal: io.interrupted,
        onProgress({ step, done, total }) {
          status.show(`${progressBar(done / total)}  ${gathered.name}: ${wordsOf[step]} ${done} of ${total}`);
        },
      }).finally(status.clear);
      io.out(values.json ? `${JSON.stringify(built)}\n` : report(built, { gathered, io }));
    }
    return exitCodes.ok;
  },
});

const wordsOf = { hash: "hashed", decode: "decoded" } as const;

function usage(io: Io, message: string): ExitCode {
  io.err(`hum-helix bench workloads: ${message}\nSee: hum-helix bench workloads --help\n`);
  return exitCodes.usage;
}

function report(built: Built, { gathered, io }: { gathered: Gathered; io: Io }): string {
  const file = pathFrom(io.cwd, built.file);
  const lines = [
    `${file}: ${built.items} ${built.items === 1 ? "clip" : "clips"}, ${formatDuration(built.duration_s)}, ${gathered.licence ?? "licence unknown"}`,
    ...reasons(built.leftOut),
    ...(built.leftOutFile === null ? [] : [`  all by name in ${pathFrom(io.cwd, built.leftOutFile)}`]),
    `  in a definition: { kind: manifest, name: ${built.name}, manifest: ${file} }`,
  ];
  return `${lines.join("\n")}\n`;
}

function reasons(leftOut: readonly LeftOut[]): string[] {
  return Object.entries(countByReason(leftOut)).map(([reason, count]) => {
    const those = leftOut.filter((one) => one.reason === reason);
    const named = those.slice(0, toldNames).map(({ name }) => name);
    return `  left out ${count}: ${reason} (${named.join(", ")}${count > toldNames ? ", ..." : ""})`;
  });
}

function formatDuration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(1)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
