/** `doctor --tune`: measures how engines use this machine best, a few seconds for each layout, and keeps the best. */
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { createCatalogue } from "../../core/catalogue.ts";
import { checkoutRoot } from "../../core/checkout.ts";
import type { Config } from "../../core/config.ts";
import { HumError } from "../../core/errors.ts";
import type { ModelEntry } from "../../core/model.ts";
import { defaultOptions } from "../../core/options.ts";
import { type Layout, type Measured, type Tuning, thisHost, writeTuning } from "../../core/tuning.ts";
import { weightBytesOf } from "../../fleet/footprint.ts";
import { untunedLayout } from "../../fleet/layout.ts";
import { variablesOf } from "../../fleet/process.ts";
import type { ToSidecar } from "../../wire/messages.ts";
import { runCommand } from "./command.ts";
import { bestOf, type Host, stagesFor } from "./layouts.ts";

export interface TuneOptions {
  config: Config;
  host: Host;
  /** Each layout is measured so often, in turns with the others of its stage. */
  rounds: number;
  signal: AbortSignal;
  onProgress: (progress: { part: number; stage: string; layout: Layout }) => void;
}

/** Takes minutes. Throws HumError where the default model is not installed or its engine does not load. */
export async function tune(options: TuneOptions): Promise<{ file: string; tuning: Tuning }> {
  const { config } = options;
  const model = createCatalogue(config).resolve(undefined);
  // Layouts are about sharing weights out over cores; an engine that brings its own sees to that itself.
  if (model.path === "") {
    throw new HumError(
      "bad_request",
      `model ${model.name} runs on ${model.engine}, which has no layouts to choose from`,
    );
  }
  const weightBytes = weightBytesOf(model);
  const host = { ...options.host, weightBytes };
  const stages = stagesFor(host);
  const kept: Candidate[] = [];
  const failed: Candidate[] = [];
  const find = (list: Candidate[], layout: Layout) => list.find((one) => isDeepStrictEqual(one.layout, layout));
  let best = untunedLayout(host.cores, { weightBytes });
  for (const [index, stage] of stages.entries()) {
    const layouts = stage.vary(best);
    const fresh = layouts
      .filter((layout) => find([...kept, ...failed], layout) === undefined)
      .map((layout): Candidate => ({ layout, trials: [] }));
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [number, candidate] of fresh.entries()) {
        const part = (index + (round + number / fresh.length) / options.rounds) / stages.length;
        options.onProgress({ part, stage: stage.name, layout: candidate.layout });
        await measure(candidate, { model, ...options });
      }
    }
    for (const candidate of fresh) {
      // Text comes first: a layout under which the clip decodes otherwise is none, however fast it is.
      const sameText = isDeepStrictEqual(candidate.trials[0]?.tokens, (kept[0] ?? candidate).trials[0]?.tokens);
      (candidate.trials.length === options.rounds && sameText ? kept : failed).push(candidate);
    }
    const [first] = failed;
    if (kept.length === 0) throw new HumError("loading", `no layout could be measured: ${first?.reason}`);
    const measured = layouts.flatMap((layout) => find(kept, layout) ?? []).map(summarise);
    best = bestOf(measured).layout;
  }
  const tuning: Tuning = {
    version: 1,
    measured_at: new Date().toISOString(),
    host: thisHost(),
    model: model.name,
    choice: best,
    measured: kept.map(summarise),
  };
  return { file: writeTuning(config.data_dir, tuning), tuning };
}

interface Candidate {
  layout: Layout;
  trials: Trial[];
  reason?: string;
}

/** What hum_sidecar.trial prints. */
const trialSchema = z.object({
  lone_s: z.number().positive(),
  busy_s: z.number().positive(),
  rss_bytes: z.number(),
  tokens: z.array(z.int()),
});
type Trial = z.infer<typeof trialSchema>;

const trialTimeoutMs = 600_000;

/** One run in a process of its own: two processes seldom get equally good pages, so that rounds average them too. */
async function measure(candidate: Candidate, options: TuneOptions & { model: ModelEntry }): Promise<void> {
  options.signal.throwIfAborted();
  if (candidate.reason !== undefined) return;
  const { config, model } = options;
  const { environment, ...numbers } = candidate.layout;
  const load: Extract<ToSidecar, { type: "load" }> = {
    type: "load",
    model: model.name,
    revision: model.revision,
    engine: model.engine,
    path: model.path,
    device: "cpu",
    compute_type: config.engine.compute_type,
    ...numbers,
    max_batch: config.engine.max_batch,
    slots: config.engine.slots,
  };
  const asked = { ...defaultOptions, language: "en" };
  const clip = join(checkoutRoot, "configs", "samples", "jfk.wav");
  const outcome = await runCommand(
    config.python,
    ["-m", "hum_sidecar.trial", JSON.stringify(load), JSON.stringify(asked), clip],
    { env: variablesOf(environment), timeoutMs: trialTimeoutMs, signal: options.signal },
  );
  options.signal.throwIfAborted();
  const trial = outcome.ok ? trialSchema.safeParse(JSON.parse(outcome.out.at(-1) ?? "null")).data : undefined;
  if (trial === undefined) candidate.reason = outcome.reason;
  else candidate.trials.push(trial);
}

function summarise({ layout, trials }: Candidate): Measured {
  const middle = (pick: (trial: Trial) => number) => median(trials.map(pick));
  return {
    layout,
    lone_s: middle((trial) => trial.lone_s),
    busy_s: middle((trial) => trial.busy_s),
    rss_bytes: middle((trial) => trial.rss_bytes),
  };
}

/** Of an even number, the smaller of the middle two: what disturbs only ever adds time. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
