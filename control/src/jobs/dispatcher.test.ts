import fc from "fast-check";
import { expect, test } from "vitest";
import { HumError } from "../core/errors.ts";
import { priorities } from "../core/job.ts";
import { type Blame, lostRequest } from "../fleet/loss.ts";
import type { Pool } from "../fleet/pool.ts";
import type { Outcome, Request, Sidecar } from "../fleet/sidecar.ts";
import { createDispatcher } from "./dispatcher.ts";

const slots = 3;
const maxAttempts = 3;

interface Running {
  request: Request;
  settle: PromiseWithResolvers<Outcome>;
}

/** A process by its contract only: it holds what it is given until the test lets it answer, fail or die. */
class Scripted {
  running: Running[] = [];
  readonly sidecar: Sidecar;
  /** The first thing that broke the contract. */
  broken: string | null = null;

  constructor() {
    const inFlight = () => this.running.length;
    this.sidecar = {
      inFlight,
      free: () => slots - inFlight(),
      run: (request: Request) => {
        const settle = Promise.withResolvers<Outcome>();
        const crowd = this.running.some((other) => other.request.alone) || (request.alone && inFlight() > 0);
        if (inFlight() >= slots) this.broken = "it was given more than its credit";
        if (crowd) this.broken = "a suspect did not run alone";
        this.running.push({ request, settle });
        return settle.promise;
      },
    } as unknown as Sidecar;
  }

  take(which: number): Running | undefined {
    return this.running.splice(which % Math.max(1, this.running.length), 1)[0];
  }

  /** Ids of those that died alone, by a fault of the process: in work, or so often before that they may have been. */
  readonly culprits = new Set<string>();

  /** `waited`: how often each was lost without having begun, on whichever process. */
  die(death: { blame: Blame; begun: boolean }, waited: Map<string, number>): void {
    const { blame, begun } = death;
    for (const { request, settle } of this.running.splice(0)) {
      const { id } = request.message;
      const times = waited.get(id) ?? 0;
      if (!begun) waited.set(id, times + 1);
      if (request.alone && blame !== "outside" && (begun || times >= maxAttempts)) this.culprits.add(id);
      settle.reject(lostRequest("it died", { blame, begun, stage: "transcribe" }));
    }
  }
}

const actions = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant("submit" as const), priority: fc.constantFrom(...priorities) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant("answer" as const), process: fc.nat(1), which: fc.nat(slots) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("fail" as const), process: fc.nat(1), which: fc.nat(slots) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant("die" as const),
        process: fc.nat(1),
        blame: fc.constantFrom("crash" as const, "stall" as const, "outside" as const),
        begun: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat(20) }) },
  ),
  { minLength: 1, maxLength: 80 },
);

const answer = { message: { type: "done" }, payload: null } as unknown as Outcome;

/** Lets every settled promise have its consequences. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("whatever becomes of processes, each task ends once, suspects run alone, and none else is poison (2,000 runs)", {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (steps) => {
      const processes = [new Scripted(), new Scripted()];
      let changed: () => void = () => undefined;
      const pool: Pick<Pool, "pick" | "failure" | "onChange"> = {
        pick: (except = null) =>
          processes
            .map(({ sidecar }) => sidecar)
            .filter((sidecar) => sidecar !== except && sidecar.free() > 0)
            .toSorted((a, b) => a.inFlight() - b.inFlight())[0] ?? null,
        failure: () => null,
        onChange(listener) {
          changed = listener;
        },
      };
      const dispatcher = createDispatcher(pool as Pool, { maxAttempts });
      const ends: string[][] = [];
      const controllers: AbortController[] = [];
      const attempts: number[] = [];
      const waited = new Map<string, number>();
      for (const step of steps) {
        if (step.do === "submit") {
          const controller = new AbortController();
          const number = ends.push([]) - 1;
          controllers.push(controller);
          attempts.push(0);
          const request = (attempt: number) => {
            attempts[number] = Math.max(attempts[number] ?? 0, attempt);
            return {
              message: { type: "job", id: String(number) },
              payload: null,
              onProgress: () => undefined,
            } as never;
          };
          dispatcher.run({ priority: step.priority, signal: controller.signal, request }).then(
            () => ends[number]?.push("done"),
            (error: HumError) => ends[number]?.push(error.code),
          );
        } else if (step.do === "cancel") {
          controllers[step.which]?.abort(new HumError("cancelled", "by the test"));
        } else {
          const process = processes[step.process] as Scripted;
          if (step.do === "die") process.die(step, waited);
          else if (step.do === "answer") process.take(step.which)?.settle.resolve(answer);
          else process.take(step.which)?.settle.reject(new HumError("engine_failed", "it failed"));
        }
        await settled();
        changed();
      }
      // Whatever is left is answered, in the order in which it comes.
      while (processes.some(({ running }) => running.length > 0)) {
        for (const process of processes) process.take(0)?.settle.resolve(answer);
        await settled();
        changed();
      }
      expect(processes.map(({ broken }) => broken)).toEqual([null, null]);
      expect(ends.filter((codes) => codes.length !== 1)).toEqual([]);
      const culprits = processes.flatMap((process) => [...process.culprits]);
      const accused = ends.flatMap(([code], id) =>
        code === "poison_input" || code === "engine_stalled" ? [String(id)] : [],
      );
      expect(accused.filter((id) => !culprits.includes(id))).toEqual([]);
      expect(Math.max(0, ...attempts)).toBeLessThanOrEqual(maxAttempts);
    }),
    { numRuns: 2000 },
  );
});
