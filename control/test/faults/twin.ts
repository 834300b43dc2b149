/** The twin of a feed under load: another one to which nothing is done, beside it and at the same time. */
import { once } from "node:events";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Stage } from "./scenario.ts";

export interface Twin {
  /** How long its events took until they were safe, since this was asked before. */
  latenciesMs(): Promise<readonly number[]>;
}

/** Has a thread of its own, so that what keeps the feed's thread busy does not keep the twin's. */
export async function startTwin(stage: Stage, { ratePerS }: { ratePerS: number }): Promise<Twin> {
  const workerData = { dir: join(stage.dir, "twin"), ratePerS };
  const worker = new Worker(join(import.meta.dirname, "twin-thread.ts"), { workerData });
  stage.defer(() => worker.terminate());
  const latenciesMs = async () => {
    worker.postMessage("and now?");
    const [answer] = (await once(worker, "message")) as [number[]];
    return answer;
  };
  await latenciesMs();
  return { latenciesMs };
}
