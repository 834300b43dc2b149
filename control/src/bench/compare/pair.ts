/** One run config against another: how much slower it is, and how many more errors it makes. */
import type { Resampling } from "../stats/bootstrap.ts";
import { type Detectable, leastDetectable } from "../stats/detectable.ts";
import { outliers } from "../stats/outliers.ts";
import { judgePaired, judgeUnpaired, logRatios, type Pair, type SpeedJudgement } from "../stats/speed.ts";
import { judgeWer, type Scored, type WerJudgement } from "../stats/wer.ts";
import type { Sample, SideConfig } from "./side.ts";

export interface SpeedComparison extends SpeedJudgement {
  /** As parts: 0.1 takes 10 % longer. */
  change: number;
  change_low: number;
  change_high: number;
  /** Blocks that lie far from the others; they count like them. Of two runs there are none. */
  outliers: string[];
  /** What a run of so many blocks with so much noise would find; null where it cannot be told. */
  detectable: Detectable | null;
}

/** Null is what was not measured on both sides. */
export interface PairComparison {
  candidate: SideConfig;
  /** Undefined where there is nothing to compare it with. */
  reference: SideConfig | undefined;
  speed: SpeedComparison | null;
  wer: WerJudgement | null;
  cer: WerJudgement | null;
}

export interface PairSamples {
  reference: readonly Sample[];
  candidate: readonly Sample[];
}

export interface PairOptions {
  tolerance: number;
  resampling: Resampling;
}

/** Null where there is no block in which both have answered. */
export function compareBlocks(samples: PairSamples, options: PairOptions): SpeedComparison | null {
  const blocks = pairBlocks(samples);
  if (blocks.length === 0) return null;
  const pairs = blocks.map(({ pair }) => pair);
  const { resampling } = options;
  const ratios = logRatios(pairs);
  const far = outliers(ratios);
  return {
    ...withChange(judgePaired(pairs, options)),
    outliers: far.flatMap((place) => blocks[place]?.block ?? []),
    detectable: leastDetectable(ratios, { blocks: pairs.length, resampling }) ?? null,
  };
}

/** Null where no item was answered by both. */
export function compareRuns(samples: PairSamples, options: PairOptions): SpeedComparison | null {
  const candidate = Map.groupBy(samples.candidate.filter(isOk), ({ item }) => item);
  const items = [...Map.groupBy(samples.reference.filter(isOk), ({ item }) => item)].flatMap(([item, reference]) => {
    const other = candidate.get(item);
    return other === undefined || [...reference, ...other].every(isEndless)
      ? []
      : [{ reference_s: reference.map(timeOf), candidate_s: other.map(timeOf) }];
  });
  if (items.length === 0) return null;
  return { ...withChange(judgeUnpaired(items, options)), outliers: [], detectable: null };
}

/** Null where no text was scored on both sides. */
export function compareErrors(
  samples: PairSamples,
  { of, ...options }: PairOptions & { of: "words" | "characters" },
): WerJudgement | null {
  const scored = (side: readonly Sample[]): Scored[] => side.filter(isOk).flatMap((sample) => sample[of]);
  const judged = judgeWer({ reference: scored(samples.reference), candidate: scored(samples.candidate) }, options);
  return judged.items === 0 ? null : judged;
}

/** Blocks in which both sides have answered; a trial that failed takes its block out, and so do two that are both endless. */
export function pairBlocks({ reference, candidate }: PairSamples): { block: string; pair: Pair }[] {
  const others = new Map(candidate.filter(isOk).map((sample) => [sample.block, sample]));
  return reference.filter(isOk).flatMap((sample) => {
    const { block, time_s } = sample;
    const other = others.get(block);
    if (other === undefined || (isEndless(sample) && isEndless(other))) return [];
    return [{ block, pair: { reference_s: time_s, candidate_s: other.time_s } }];
  });
}

function withChange(judged: SpeedJudgement) {
  const { value, low, high } = judged;
  return { ...judged, change: Math.expm1(value), change_low: Math.expm1(low), change_high: Math.expm1(high) };
}

const isOk = ({ status }: Sample) => status === "ok";
/** A search that found no rate at all: two of them tell nothing of each other. */
const isEndless = ({ time_s }: Sample) => time_s === Number.POSITIVE_INFINITY;
const timeOf = ({ time_s }: Sample) => time_s;
