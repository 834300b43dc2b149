/** The in-process side of the comparison: in_process.py as a child, which transcribes once for each line it is sent. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { untunedLayout } from "../../src/fleet/layout.ts";
import { python } from "../e2e/direct.ts";

export interface InProcess {
  /** One transcription, in seconds. Rejects with what Python said where it ended instead. */
  time(): Promise<number>;
  stop(): Promise<void>;
}

export function startInProcess(options: { modelDir: string; wav: string; workers: number }): InProcess {
  const { modelDir, wav, workers } = options;
  // The same layout on both sides, the allocator's settings among it.
  const env = { ...process.env, ...untunedLayout(availableParallelism()).environment };
  const child = spawn(python, [join(import.meta.dirname, "in_process.py"), modelDir, wav, String(workers)], { env });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  // Listened to from the start: it may end at any time. A line that it does not read any more is no failure of its own.
  const ended = once(child, "close").catch((error: Error) => {
    said += error.message;
  });
  child.stdin.on("error", () => undefined);

  return {
    async time() {
      child.stdin.write("\n");
      const { done, value } = await answers.next();
      if (done === true) {
        await ended;
        throw new Error(`the in-process side ended: ${said.trim().split("\n").at(-1)}`);
      }
      const seconds = Number(value);
      if (seconds > 0) return seconds;
      throw new Error(`the in-process side answered ${JSON.stringify(value)}; it must be seconds`);
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
