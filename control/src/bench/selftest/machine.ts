/** What this machine can tell: the same SUT under two names, and under a third one slower by a known part, in turns. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import { type Definition, definitionSchema, definitionVersion } from "../definition/schema.ts";
import { makePlan } from "../plan/plan.ts";
import type { TrialRecord } from "../results/record.ts";
import type { RunProgress } from "../runner/progress.ts";
import { runTrials } from "../runner/run.ts";
import { createScenario } from "../scenarios/create.ts";
import { usualResampling } from "../stats/bootstrap.ts";
import { type Detectable, leastDetectable } from "../stats/detectable.ts";
import { judgePaired, logRatios, type Pair, type SpeedJudgement } from "../stats/speed.ts";
import type { Sut, SutInstance } from "../suts/sut.ts";
import type { WorkloadItem } from "../workloads/item.ts";

const names = { first: "first", second: "again", slower: "slower-on-purpose" };

/** By so much: what a benchmark must find at the least to be of use. */
export const addedPart = 0.2;
const tolerance = 0.05;

export interface MachineFindings {
  /** Undefined where too few blocks were answered. */
  detectable: Detectable | undefined;
  /** Of the one that is slower on purpose. */
  slower: SpeedJudgement;
}

/** Rejects with HumError `loading` where the SUT does not start. */
export async function measureMachine(
  sut: Sut,
  options: {
    item: WorkloadItem;
    model: string;
    blocks: number;
    clock: Clock;
    signal: AbortSignal;
    onProgress(progress: RunProgress): void;
  },
): Promise<MachineFindings> {
  const { item, blocks, signal } = options;
  const definition = definitionOf(options);
  const { start_timeout_s } = definition.protocol;
  const config = definition.decoding;
  const instance = await sut.open(config, { signal, startTimeoutMs: start_timeout_s * 1000 });
  const trials: TrialRecord[] = [];
  try {
    await runTrials({
      plan: makePlan(definition, { items: [item], runnable: () => true }),
      suts: new Map(Object.values(names).map((name) => [name, under(name, instance)])),
      scenario: createScenario(definition.scenario),
      run_id: "selftest",
      session: 0,
      finished: new Set(),
      append: async (trial) => void trials.push(trial),
      capture: { start: () => ({ stop: () => nothingUsed }) },
      clock: options.clock,
      signal,
      onProgress: options.onProgress,
      undecided: () => 0,
    });
  } finally {
    await instance.close();
  }
  signal.throwIfAborted();
  const resampling = usualResampling;
  const alike = pairsOf(trials, names.second);
  return {
    detectable: leastDetectable(logRatios(alike), { blocks, resampling }),
    slower: judgePaired(pairsOf(trials, names.slower), { tolerance, resampling }),
  };
}

const nothingUsed = { cpu_s: null, rss_peak_bytes: null, gpu_memory_peak_bytes: null, gpu_energy_j: null };

function definitionOf({ blocks, model, item }: { blocks: number; model: string; item: WorkloadItem }): Definition {
  return definitionSchema.parse({
    schema: definitionVersion,
    name: "selftest",
    workloads: [{ kind: "audio", name: item.workload, audio: item.audio }],
    suts: Object.values(names).map((name) => ({ kind: "hum-helix", name })),
    decoding: { model, language: "en", temperatures: [0] },
    protocol: { warmup: 1, min_trials: blocks },
  });
}

/** One running SUT under another name; closing it is for whoever opened it. */
function under(name: string, instance: SutInstance): Sut {
  const transcribe: SutInstance["transcribe"] = async (asked) => {
    const startMs = performance.now();
    const outcome = await instance.transcribe(asked);
    if (name === names.slower)
      await delay(addedPart * (performance.now() - startMs), undefined, { signal: asked.signal });
    return outcome;
  };
  return {
    name,
    kind: "hum-helix",
    unsupported: async () => [],
    instanceKey: () => name,
    open: async () => ({ ...instance, transcribe, close: async () => undefined }),
  };
}

/** Blocks that both have answered. */
function pairsOf(trials: readonly TrialRecord[], candidate: string): Pair[] {
  const timesOf = (name: string) =>
    new Map(
      trials.flatMap(({ sut, warmup, status, block, timing: { latency_s } }) =>
        sut === name && !warmup && status === "ok" && latency_s !== null ? [[block, latency_s] as const] : [],
      ),
    );
  const references = timesOf(names.first);
  return [...timesOf(candidate)].flatMap(([block, candidate_s]) => {
    const reference_s = references.get(block);
    return reference_s === undefined ? [] : [{ reference_s, candidate_s }];
  });
}
