/** Jobs of commands that an earlier life of this node had begun: run again here, or ended by another node, or lost by the bus. */
import type { Log } from "../core/log.ts";
import type { Feed } from "../events/feed.ts";
import type { OpenJob, Spool } from "../events/spool/spool.ts";
import type { Told } from "./gate.ts";
import type { SourceConnection } from "./source.ts";

export interface EarlierJobs {
  /** What was told of a job that is run again here. */
  toldOf(jobId: string): Told | null;
  /** Asks a source for what it knows; to be called with each connection to it, before anything is taken. */
  settle(source: string, connection: Pick<SourceConnection, "find">): Promise<void>;
}

export interface EarlierJobsOptions {
  openJobs: readonly OpenJob[];
  /** How many there are. */
  sources: readonly unknown[];
  feed: Pick<Feed, "interrupt">;
  spool: Pick<Spool, "forget">;
  log: Log;
}

export function createEarlierJobs(options: EarlierJobsOptions): EarlierJobs {
  const { openJobs, sources, feed, spool, log } = options;
  const jobs = new Map(openJobs.map((job) => [job.jobId, job]));
  const undecided = new Set(jobs.keys());
  const asked = new Set<string>();

  function leave(jobId: string): void {
    jobs.delete(jobId);
    spool
      .forget(jobId)
      .catch((error) => log.warn({ err: error, job: jobId }, "a job of another node was not forgotten"));
  }

  return {
    toldOf(jobId) {
      const job = jobs.get(jobId);
      return job === undefined ? null : { attempts: job.attempt, isRequested: true };
    },
    async settle(source, connection) {
      if (asked.has(source) || undecided.size === 0) return;
      for (const [jobId, where] of await connection.find([...undecided])) {
        if (where === "forgotten") continue;
        undecided.delete(jobId);
        if (where === "elsewhere") leave(jobId);
      }
      asked.add(source);
      if (asked.size < sources.length) return;
      // No bus knows of them: nobody else will end them.
      for (const jobId of undecided) {
        const job = jobs.get(jobId);
        if (job !== undefined) feed.interrupt(job);
      }
      undecided.clear();
    },
  };
}
