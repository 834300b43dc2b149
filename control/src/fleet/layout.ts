/** How an engine process uses the processor: what the configuration says, else what was measured, else a rule of thumb. */
import { availableParallelism } from "node:os";
import type { Config } from "../core/config.ts";
import type { Layout, Tuning } from "../core/tuning.ts";

/**
 * Read by glibc before Python starts; other C libraries ignore it. An encoding allocates and frees hundreds of megabytes,
 * and by default each of its large blocks is mapped anew, page fault by page fault: a quarter of its time. Here blocks stay
 * in one heap that all threads share (heaps of their own would hold as much each), in huge pages; what is free at its end
 * goes back beyond half a gigabyte, and all of it when the process rests.
 */
const heap = [
  "glibc.malloc.hugetlb=1",
  "glibc.malloc.arena_max=1",
  "glibc.malloc.mmap_max=0",
  "glibc.malloc.trim_threshold=536870912",
].join(":");

const mostThreads = 4;
const mostEncodeThreads = 8;

/** Of a model.bin: larger weights are not held twice for the sake of lone requests. */
const mostCopiedBytes = 600 * 1024 * 1024;

/**
 * One thread for each call, since decoding hardly gains by a second one, and a copy of the model that encodes on all cores
 * while only one request is there: encoding does gain. On 2 cores this took 0.51 of the time of faster-whisper's defaults for
 * a lone clip and 0.48 for eight at once. With many cores a call gets several threads: few machines have a request for each.
 *
 * Without a copy, twice as many threads as cores, so that a lone request still has all of them: 0.71 and 0.51.
 */
export function untunedLayout(cores: number, options: { weightBytes?: number } = {}): Layout {
  const environment = { GLIBC_TUNABLES: heap };
  if ((options.weightBytes ?? 0) > mostCopiedBytes) {
    const threads = Math.min(mostThreads, cores);
    const workers = Math.max(1, Math.round((2 * cores) / threads));
    return { workers, threads_per_worker: threads, encode_threads: 0, environment };
  }
  const threads = Math.min(mostThreads, Math.max(1, Math.floor(cores / 4)));
  return {
    workers: Math.max(2, Math.round(cores / threads)),
    threads_per_worker: threads,
    encode_threads: cores > threads ? Math.min(mostEncodeThreads, cores) : 0,
    environment,
  };
}

/** What was measured with small weights, for weights that are too large to be held twice: only its environment holds. */
function fitted(choice: Layout, options: { untuned: Layout; weightBytes: number }): Layout {
  const isTwice = choice.encode_threads > 0 && options.weightBytes > mostCopiedBytes;
  return isTwice ? { ...options.untuned, environment: choice.environment } : choice;
}

/** What the configuration leaves at 0 is measured or guessed; as soon as it sets either number it decides on both. */
export function chooseLayout(
  engine: Pick<Config["engine"], "workers" | "threads_per_worker" | "use_tuning">,
  options: { tuning: Tuning | null; cores?: number; weightBytes?: number },
): Layout {
  const { tuning, cores = availableParallelism(), weightBytes = 0 } = options;
  const untuned = untunedLayout(cores, { weightBytes });
  const measured = engine.use_tuning ? fitted(tuning?.choice ?? untuned, { untuned, weightBytes }) : untuned;
  if (engine.workers === 0 && engine.threads_per_worker === 0) return measured;
  return {
    workers: engine.workers || untuned.workers,
    threads_per_worker: engine.threads_per_worker || 1,
    encode_threads: 0,
    environment: measured.environment,
  };
}
