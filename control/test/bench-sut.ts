/** A system under test that does what a test says: a plain object that implements the seam. */
import type { RunConfig } from "../src/bench/definition/run-config.ts";
import type { Asked, Outcome, Sut } from "../src/bench/suts/sut.ts";
import { HumError } from "../src/core/errors.ts";

export interface Script {
  name?: string;
  /** Run configs of equal keys are asked of one instance; by default all of one model. */
  key?(config: RunConfig): string;
  /** Called before an instance is there; what it throws keeps it from starting. */
  opens?(config: RunConfig): void;
  prepares?(): void;
  /** `request` counts from 1 in each instance. */
  answers?(asked: Asked, at: { instance: number; request: number }): Promise<Outcome> | Outcome;
}

export interface ScriptedSut extends Sut {
  /** What was done to it, such as `open base`, `ask 1 clip-0` and `close 1`, with the instance's number. */
  readonly log: string[];
  /** The most instances that were there at once. */
  most(): number;
  running(): number;
}

export const heard = (text = ""): Outcome => ({
  ok: true,
  answer: { text, language: "en", segments: null, first_segment_s: null, stages: { engine: 0.001 } },
});

export function lost(message = "the server ended (SIGKILL)"): HumError {
  return new HumError("sidecar_lost", message);
}

export function scriptedSut(script: Script = {}): ScriptedSut {
  const log: string[] = [];
  const open = new Set<number>();
  const seen = { instances: 0, most: 0 };
  const keyOf = script.key ?? (({ model = "default" }: RunConfig) => model);
  return {
    name: script.name ?? "hum-helix",
    kind: "scripted",
    log,
    most: () => seen.most,
    running: () => open.size,
    unsupported: async () => [],
    instanceKey: keyOf,
    async open(config) {
      log.push(`open ${keyOf(config)}`);
      script.opens?.(config);
      seen.instances += 1;
      const instance = seen.instances;
      open.add(instance);
      seen.most = Math.max(seen.most, open.size);
      let request = 0;
      return {
        facts: { instance: String(instance) },
        opening: { process_start_s: 0.5, load_s: 1.5 },
        pids: [],
        async prepare() {
          script.prepares?.();
        },
        async transcribe(asked) {
          request += 1;
          log.push(`ask ${instance} ${asked.item.name}`);
          return script.answers === undefined ? heard() : script.answers(asked, { instance, request });
        },
        async close() {
          log.push(`close ${instance}`);
          open.delete(instance);
        },
      };
    },
  };
}
