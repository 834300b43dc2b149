/** Benchmarks that a node runs: one at a time, since a second would be measured along with it; each can be followed and ended. */
import { existsSync } from "node:fs";
import { HumError } from "../core/errors.ts";
import { quote } from "../core/quote.ts";
import { toError } from "../core/to-error.ts";
import { definitionFile, definitionNames } from "./definition/names.ts";
import { listResults, type ResultSummary } from "./results/catalogue.ts";
import type { RunEndRecord, RunRecord, TrialRecord } from "./results/record.ts";
import type { BenchmarkOutcome, HarnessListener } from "./runner/harness.ts";
import type { RunProgress } from "./runner/progress.ts";

/** What a client sees of a run. */
export interface BenchmarkView {
  run_id: string;
  /** Name of the definition. */
  name: string;
  /** `open`: not run by this node, and without an end: another harness writes it, or died. */
  status: "running" | RunEndRecord["status"] | "open";
  started: string;
  /** Null where it does not run here. */
  progress: RunProgress | null;
  /** As `hum-helix bench run` exits, 0 where all is well; null without a verdict, and of runs that this node has not run. */
  exit_code: number | null;
  error: string | null;
}

/** What came of a run, in whatever way it ended. */
export interface BenchmarkEnding {
  status: RunEndRecord["status"];
  /** Of all its sessions where it came to a proper end, warm-up included. */
  trials: readonly TrialRecord[];
  exit_code: number | null;
}

/** What the outside is told as it happens; none of them may throw. */
export interface BenchmarkObserver {
  /** `planned` trials at least. */
  started(run: RunRecord, planned: number): void;
  trial(run: RunRecord, trial: TrialRecord): void;
  ended(run: RunRecord, ending: BenchmarkEnding): void;
}

type Listener = (view: BenchmarkView, trial: TrialRecord | null) => void;

export interface Benchmarks {
  /** Names of the definitions that can be started. */
  definitions(): string[];
  /**
   * Resolves when the run has begun; throws HumError `not_found`, `overloaded` while one runs or the node stops, or what is
   * wrong with the definition.
   */
  start(name: string): Promise<BenchmarkView>;
  /** Those that have a result file here, the newest first. */
  list(): Promise<BenchmarkView[]>;
  get(runId: string): Promise<BenchmarkView | null>;
  /** Path of the run's result file. */
  file(runId: string): Promise<string | null>;
  /** Called with each change of a run of this node, until the returned function is. */
  follow(runId: string, listener: Listener): () => void;
  /**
   * The result file stays, and a later start goes on in it. Resolves when the run has ended; throws HumError `bad_request`
   * where it is not this node that runs it.
   */
  cancel(runId: string): Promise<BenchmarkView | null>;
  /** Ends what runs, and takes no more. */
  stop(): Promise<void>;
}

interface Entry {
  view: BenchmarkView;
  file: string;
  abort: AbortController;
  /** Never rejects. */
  ended: Promise<void>;
  listeners: Set<Listener>;
}

export function createBenchmarks(options: {
  definitionsDir: string;
  resultsDir: string;
  run(definition: string, listening: HarnessListener & { signal: AbortSignal }): Promise<BenchmarkOutcome>;
  observer: BenchmarkObserver;
}): Benchmarks {
  const { definitionsDir, resultsDir, observer } = options;
  /** Runs of this life of the node, by run_id. */
  const entries = new Map<string, Entry>();
  /** The one that is being prepared or runs, with its end. */
  const current = new Map<AbortController, Promise<void>>();
  const stopping = new AbortController();

  function tell(entry: Entry, change: Partial<BenchmarkView>, trial: TrialRecord | null = null): void {
    entry.view = { ...entry.view, ...change };
    for (const listener of entry.listeners) listener(entry.view, trial);
  }

  async function start(name: string): Promise<BenchmarkView> {
    const definition = definitionFile(name, definitionsDir);
    stopping.signal.throwIfAborted();
    if (current.size > 0) {
      const running = [...entries.values()].find(({ view }) => view.status === "running");
      const which = running === undefined ? "it begins" : running.view.run_id;
      throw new HumError("overloaded", `a benchmark runs already (${which}); two would disturb each other`);
    }
    const abort = new AbortController();
    const begun = Promise.withResolvers<Entry>();
    current.set(abort, execute(definition, { abort, begun }));
    return (await begun.promise).view;
  }

  /** Never rejects: what goes wrong before the run has begun rejects `begun`, and anything later is how it ended. */
  async function execute(
    definition: string,
    { abort, begun }: { abort: AbortController; begun: PromiseWithResolvers<Entry> },
  ): Promise<void> {
    const over = Promise.withResolvers<void>();
    const runs: RunRecord[] = [];
    const trials: TrialRecord[] = [];
    const end = async ({ error, ...ending }: BenchmarkEnding & { error: string | null }) => {
      const entry = await begun.promise;
      // Whoever is told of the end may start another.
      current.delete(abort);
      for (const run of runs) observer.ended(run, ending);
      const { status, exit_code } = ending;
      tell(entry, { status, progress: null, exit_code, error });
    };
    try {
      const outcome = await options.run(definition, {
        signal: abort.signal,
        onPreparing: () => undefined,
        onNote: () => undefined,
        onStarted(run, { file, planned }) {
          const entry: Entry = { view: viewOf(run), file, abort, ended: over.promise, listeners: new Set() };
          // One that is taken up has the id that it had.
          entries.delete(run.run_id);
          entries.set(run.run_id, entry);
          runs.push(run);
          observer.started(run, planned);
          begun.resolve(entry);
        },
        onProgress: (progress) => void begun.promise.then((entry) => tell(entry, { progress })),
        onTrial(run, trial) {
          trials.push(trial);
          observer.trial(run, trial);
          void begun.promise.then((entry) => tell(entry, {}, trial));
        },
      });
      const { status, error } = outcome.end;
      const exit_code = outcome.comparison?.exit_code ?? null;
      await end({ status, trials: outcome.trials, exit_code, error: error?.message ?? null });
    } catch (error) {
      if (runs.length === 0) begun.reject(error);
      else await end({ status: "failed", trials, exit_code: null, error: toError(error).message });
    } finally {
      current.delete(abort);
      over.resolve();
    }
  }

  async function stored(): Promise<ResultSummary[]> {
    if (!existsSync(resultsDir)) return [];
    return (await listResults(resultsDir)).filter((result) => "run" in result);
  }

  const storedOne = async (runId: string) => (await stored()).find(({ run }) => run.run_id === runId);

  async function get(runId: string): Promise<BenchmarkView | null> {
    const entry = entries.get(runId);
    if (entry !== undefined) return entry.view;
    const result = await storedOne(runId);
    return result === undefined ? null : storedView(result);
  }

  return {
    definitions: () => definitionNames(definitionsDir),
    start,
    async list() {
      const own = [...entries.values()].map(({ view }) => view);
      const others = (await stored()).filter(({ run }) => !entries.has(run.run_id)).map(storedView);
      return [...own, ...others].toSorted((a, b) => b.started.localeCompare(a.started));
    },
    get,
    file: async (runId) => entries.get(runId)?.file ?? (await storedOne(runId))?.file ?? null,
    follow(runId, listener) {
      const listeners = entries.get(runId)?.listeners;
      listeners?.add(listener);
      return () => void listeners?.delete(listener);
    },
    async cancel(runId) {
      const entry = entries.get(runId);
      entry?.abort.abort();
      await entry?.ended;
      const view = await get(runId);
      if (view?.status !== "open") return view;
      throw new HumError(
        "bad_request",
        `this node does not run ${quote(runId)}: another harness writes it, or died; start its definition again to end it`,
      );
    },
    async stop() {
      stopping.abort(new HumError("overloaded", "the node stops; start the benchmark when it runs again"));
      for (const abort of current.keys()) abort.abort();
      await Promise.all(current.values());
    },
  };
}

function viewOf({ run_id, name, started }: RunRecord): BenchmarkView {
  return { run_id, name, status: "running", started, progress: null, exit_code: null, error: null };
}

function storedView({ run, status, end }: ResultSummary): BenchmarkView {
  return { ...viewOf(run), status, error: end?.error?.message ?? null };
}
