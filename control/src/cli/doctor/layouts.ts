/** Which layouts of an engine process `doctor --tune` measures, stage by stage, and which of them is the best. */
import type { Layout, Measured } from "../../core/tuning.ts";
import { untunedLayout } from "../../fleet/layout.ts";

export interface Host {
  cores: number;
  /** Of the model that is measured: large ones are not held twice. */
  weightBytes?: number;
  /** Of the processor, as Linux names them; empty where nothing tells. */
  flags: ReadonlySet<string>;
  /** Whether glibc's tunables mean anything here. */
  glibc: boolean;
}

/** What one stage varies, over the best of the stages before it. */
export type Stage = { name: string; vary: (best: Layout) => Layout[] };

export function stagesFor(host: Host): Stage[] {
  const { cores, weightBytes = 0 } = host;
  const base = untunedLayout(cores, { weightBytes });
  const mayCopy = base.encode_threads > 0;
  return [
    { name: "workers x threads", vary: () => [base, ...splits(cores).map((split) => ({ ...base, ...split }))] },
    {
      name: "encoding apart",
      vary: (best) => (mayCopy ? [best, { ...best, encode_threads: best.encode_threads > 0 ? 0 : cores }] : [best]),
    },
    { name: "allocator", vary: (best) => (host.glibc ? allocators.map((value) => withTunables(best, value)) : [best]) },
    {
      name: "waiting threads",
      vary: (best) => [best, { ...best, environment: { ...best.environment, OMP_WAIT_POLICY: "PASSIVE" } }],
    },
    {
      name: "instruction set",
      vary: (best) => [
        best,
        ...instructionSets
          .filter(({ flag }) => host.flags.has(flag))
          .map(({ isa }) => ({ ...best, environment: { ...best.environment, CT2_FORCE_CPU_ISA: isa } })),
      ],
    },
  ];
}

/**
 * Without a copy that encodes: few workers of many threads answer a lone request soon, many of few do more at once; and
 * what lies between.
 */
function splits(cores: number): Pick<Layout, "workers" | "threads_per_worker" | "encode_threads">[] {
  const { workers, threads_per_worker } = untunedLayout(cores, { weightBytes: Number.POSITIVE_INFINITY });
  const pairs = [
    [workers, threads_per_worker],
    [cores, 1],
    [1, cores],
    [Math.max(1, Math.round(cores / 2)), 2],
  ] as const;
  return [...new Map(pairs.map((pair) => [pair.join(" x "), pair])).values()].map(([count, threads]) => ({
    workers: count,
    threads_per_worker: threads,
    encode_threads: 0,
  }));
}

/** Beside what is used where nothing was measured: less of it, nothing, and a heap for each thread that keeps all it had. */
const allocators = [
  untunedLayout(1).environment.GLIBC_TUNABLES,
  "glibc.malloc.hugetlb=1",
  undefined,
  "glibc.malloc.hugetlb=1:glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=4294967296:glibc.malloc.top_pad=67108864",
] as const;

function withTunables(layout: Layout, tunables: string | undefined): Layout {
  const { GLIBC_TUNABLES: _, ...rest } = layout.environment;
  return { ...layout, environment: tunables === undefined ? rest : { ...rest, GLIBC_TUNABLES: tunables } };
}

/** CTranslate2's names, and the flag of a processor that has it. By itself it takes AVX2 where AVX-512 may be slower. */
const instructionSets = [
  { isa: "AVX512", flag: "avx512f" },
  { isa: "AVX2", flag: "avx2" },
] as const;

/** A difference smaller than this is noise, or not worth another setting. */
const leastGain = 0.03;
/** What a tenth of more speed may cost in memory. */
const bytesPerTenth = 100 * 1024 * 1024;

/** Smaller is better: a lone request and eight at once count alike. */
const costOf = ({ lone_s, busy_s }: Measured) => Math.sqrt(lone_s * busy_s);

/**
 * The first one measured stands unless another is faster by more than noise, and by a tenth for every 100 MB that it needs
 * more. `measured` is not empty.
 */
export function bestOf(measured: readonly Measured[]): Measured {
  return measured.reduce((best, other) => {
    const gain = 1 - costOf(other) / costOf(best);
    const moreBytes = other.rss_bytes - best.rss_bytes;
    return gain > Math.max(leastGain, (moreBytes / bytesPerTenth) * 0.1) ? other : best;
  });
}
