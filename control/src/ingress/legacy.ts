/** Jobs of commands that an earlier life of this node had begun: run again here, or ended by another node, or lost by the bus. */
import type { Log } from "../core/log.ts";
import type { Feed } from "../events/feed.ts";
import type { OpenJob, Spool } from "../events/spool/spool.ts";
import type { Told } from "./gate.ts";
import type { CommandSource, SourceConnection, Whereabouts } from "./source.ts";

export interface Legacy {
  /** What was told of a job that is run again here. */
  toldOf(jobId: string): Told | null;
  /** Called with the first connection to each source: decides on what it knows of. */
  settle(source: string, connection: SourceConnection): Promise<void>;
  stop(): void;
}

export interface LegacyOptions {
  openJobs: readonly OpenJob[];
  sources: readonly CommandSource[];
  feed: Pick<Feed, "interrupt">;
  spool: Pick<Spool, "isEnded" | "forget">;
  log: Log;
  /** A bus that cannot tell gives a command again within this time, to this node or to another. */
  waitMs: number;
}

export function createLegacy(options: LegacyOptions): Legacy {
  const { openJobs, sources, feed, spool, log, waitMs } = options;
  const jobs = new Map(openJobs.map((job) => [job.jobId, job]));
  const undecided = new Set(jobs.keys());
  const asked = new Set<string>();
  let canAllTell = true;
  let timer: NodeJS.Timeout | null = null;

  function decide(jobId: string, where: Exclude<Whereabouts, "forgotten">): void {
    undecided.delete(jobId);
    if (where === "elsewhere") forget(jobId);
  }

  function forget(jobId: string): void {
    jobs.delete(jobId);
    spool
      .forget(jobId)
      .catch((error) => log.warn({ err: error, job: jobId }, "a job of another node was not forgotten"));
  }

  /** No bus knows of them: where all could tell, nobody else will end them. */
  async function settleRest(): Promise<void> {
    for (const jobId of undecided) {
      const job = jobs.get(jobId);
      if (job === undefined || (await spool.isEnded(jobId))) continue;
      if (canAllTell) feed.interrupt(job);
      else forget(jobId);
    }
    undecided.clear();
  }

  return {
    toldOf(jobId) {
      const job = jobs.get(jobId);
      return job === undefined ? null : { attempts: job.attempt, isRequested: true };
    },
    async settle(source, connection) {
      if (asked.has(source) || undecided.size === 0) return;
      if (connection.find === undefined) canAllTell = false;
      else {
        for (const [jobId, where] of await connection.find([...undecided])) {
          if (where !== "forgotten") decide(jobId, where);
        }
      }
      asked.add(source);
      if (asked.size < sources.length || undecided.size === 0) return;
      if (canAllTell) return settleRest();
      timer = setTimeout(() => {
        settleRest().catch((error) => log.warn({ err: error }, "jobs of an earlier life could not be looked up"));
      }, waitMs);
      timer.unref();
    },
    stop() {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
