/** Row 17, for the spool and the pump: whatever is told, whoever fails and whenever the node dies, nothing is lost or doubled. */
import { renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import fc from "fast-check";
import type { Sink } from "../../src/events/sink.ts";
import { openFeedRig } from "../feed-rig.ts";
import { testJob } from "../job.ts";
import { type BusFault, createMemoryBus } from "../memory-bus.ts";
import { check, type Told } from "./checker.ts";
import { receivedOf, segment } from "./load.ts";
import { type Finding, faultless, scenario, until } from "./scenario.ts";

type Step =
  /** Events, and whether their producer waits until they are safe. */
  | { kind: "tell"; events: number; waits: boolean }
  /** What becomes of the next delivery. */
  | { kind: "fault"; fault: BusFault }
  /** The bus loses what it had acknowledged last, but never all. */
  | { kind: "lose"; events: number }
  | { kind: "down" }
  | { kind: "up" }
  /** The spool's thread dies; the node lives on. */
  | { kind: "thread" }
  /** The node dies, and another begins with what is on disk. */
  | { kind: "crash" }
  | { kind: "restart" }
  | { kind: "settle" };

const few = fc.integer({ min: 0, max: 8 });
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({ kind: fc.constant("tell"), events: fc.integer({ min: 1, max: 30 }), waits: fc.boolean() }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant("fault"),
        fault: fc.oneof(
          fc.constant({ kind: "refuse" } as const),
          fc.record({ kind: fc.constantFrom("partly", "silently"), events: few }),
        ),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose"), events: few }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom("down", "up", "settle", "thread", "crash", "restart") }),
    },
  ) as fc.Arbitrary<Step>,
  { minLength: 1, maxLength: 25 },
);

export const spoolModel = scenario({
  row: 17,
  title: "random sequences of events, faults and deaths against a model of the spool",
  counts: { short: { runs: 40 }, full: { runs: 10_000 } },
  timeoutMs: { short: 120_000, full: 7_200_000 },
  async play({ runs }, stage): Promise<Finding[]> {
    let done = 0;
    const property = fc.asyncProperty(steps, async (plan) => {
      const dir = join(stage.dir, `run-${done}`);
      const verdict = await live(dir, plan);
      rmSync(dir, { recursive: true });
      done += 1;
      if (done % Math.ceil(runs / 10) === 0) stage.say(`${done} of ${runs} runs`);
      const { isMet, seen } = faultless("", verdict);
      if (!isMet) throw new Error(seen);
    });
    const result = await fc.check(property, { numRuns: runs, endOnFailure: false });
    const seen = result.failed ? fc.stringify([result.counterexample, String(result.errorInstance)]) : "none";
    return [{ what: `sequences with a fault, of ${result.numRuns}`, seen, bound: "none", isMet: !result.failed }];
  },
});

/** All lives of one node, by a plan; what went wrong between its producers and the bus. */
async function live(dir: string, plan: readonly Step[]) {
  const bus = createMemoryBus("bus");
  const told: Told[] = [];
  const jobs = ["a", "b", "c"].map((id) => testJob(id));
  let lives = 0;
  let life = await begin();
  let unsure: Promise<void>[] = [];

  async function begin() {
    let isDead = false;
    let threads: Worker[] = [];
    const onWorker = (worker: Worker) => void threads.push(worker);
    process.on("worker", onWorker);
    const place = join(dir, String(lives));
    const rig = await openFeedRig(place, { sinks: [sever(bus.sink, () => isDead)] });
    return {
      ...rig,
      place,
      isDead: () => isDead,
      async killThread() {
        const [thread] = threads.splice(-1);
        threads = [];
        await thread?.terminate();
      },
      /** Nothing that it still does is seen by the bus or by the next life. */
      async die(next: string) {
        isDead = true;
        renameSync(place, next);
        await this.killThread();
        process.off("worker", onWorker);
        await rig.close();
      },
      async end() {
        process.off("worker", onWorker);
        await rig.close(1_000);
      },
    };
  }

  function tell(): Promise<void> {
    const { feed, isDead } = life;
    const job = jobs[told.length % jobs.length] ?? testJob("a");
    const event = { key: job.id, mark: String(told.length), isAccepted: false };
    told.push(event);
    return feed.observe(job, { type: "segment", attempt: 1, index: Number(event.mark), segment }).then(
      () => {
        event.isAccepted = !isDead();
      },
      () => undefined,
    );
  }

  async function settle(): Promise<void> {
    await Promise.all(unsure);
    unsure = [];
    if (!bus.down) await untilDelivered();
  }

  const untilDelivered = () =>
    until("a bus that has all", {
      holds: () => {
        const [status] = life.feed.health();
        return life.spool.waiting() === 0 && status?.held === 0 && status.state === "connected";
      },
    });

  async function perform(step: Step): Promise<void> {
    switch (step.kind) {
      case "tell": {
        const told = Array.from({ length: step.events }, tell);
        if (step.waits) await Promise.all(told);
        else unsure.push(...told);
        return;
      }
      case "fault":
        return bus.fail(step.fault);
      case "lose":
        bus.loseLast(Math.min(step.events, bus.stored.length - 1));
        // The link breaks with it, which the pump hears of a little later.
        return pause(1);
      case "down":
      case "up":
        bus.down = step.kind === "down";
        return;
      case "thread":
        return life.killThread();
      case "settle":
        return void (await settle());
      case "restart":
        await life.end();
        return next(life.place);
      case "crash": {
        const left = join(dir, `left-${lives}`);
        await life.die(left);
        return next(left);
      }
    }
  }

  async function next(left: string): Promise<void> {
    unsure = [];
    lives += 1;
    renameSync(left, join(dir, String(lives)));
    life = await begin();
  }

  for (const step of plan) await perform(step);
  bus.down = false;
  await settle();
  await life.end();
  const received = bus.stored.map(({ json }) => receivedOf(json)).filter((event) => event !== null);
  return check({ told, received });
}

/** A bus that a life which is over cannot reach any more. */
function sever(sink: Sink, isOver: () => boolean): Sink {
  const requireLife = () => {
    if (isOver()) throw new Error("this life is over");
  };
  return {
    ...sink,
    async open(signal) {
      requireLife();
      const connection = await sink.open(signal);
      return {
        ...connection,
        async deliver(batch) {
          requireLife();
          return connection.deliver(batch);
        },
      };
    },
  };
}
