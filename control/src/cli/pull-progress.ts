/** What a person, or a program, sees of a model on its way. */
import { formatBytes } from "../core/size.ts";
import type { InstallStep } from "../models/progress.ts";
import type { Io } from "./io.ts";
import { progressBar } from "./progress-bar.ts";
import { createStatusLine } from "./status-line.ts";

export interface PullProgress {
  tell(step: InstallStep): void;
  end(): void;
}

/** A program needs no more. */
const jsonIntervalMs = 1000;

export function createPullProgress(model: string, options: { io: Io; json: boolean }): PullProgress {
  const { io } = options;
  const status = createStatusLine(io);
  let told = "";
  /** A line of its own for each stage where nothing can be redrawn. */
  const stage = (text: string) => {
    if (text === told || io.terminal.err) return;
    told = text;
    io.err(`${text}\n`);
  };
  let toldMs = Number.NEGATIVE_INFINITY;
  const tellProgram = (done_bytes: number, total_bytes: number) => {
    if (!options.json || performance.now() - toldMs < jsonIntervalMs) return;
    toldMs = performance.now();
    io.out(`${JSON.stringify({ name: model, action: "downloading", done_bytes, total_bytes })}\n`);
  };
  return {
    end: status.clear,
    tell(step) {
      switch (step.step) {
        case "wait":
          stage(`waiting for another pull of model ${model}`);
          status.show(`waiting for another pull of model ${model}`);
          break;
        case "download": {
          const { doneBytes, totalBytes } = step;
          const bar = progressBar(totalBytes === 0 ? 0 : doneBytes / totalBytes);
          stage(`downloading model ${model} (${formatBytes(totalBytes)})`);
          status.show(`${bar}  ${model}: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`);
          tellProgram(doneBytes, totalBytes);
          break;
        }
        case "unpack":
          stage(`unpacking model ${model}`);
          status.show(`unpacking model ${model}`);
          break;
        case "verify":
          stage(`verifying model ${model}`);
          status.show(`verifying ${model}/${step.file}`);
          break;
      }
    },
  };
}
