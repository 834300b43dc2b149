import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { itemAt } from "../../../test/bench-items.ts";
import { type ScenarioDefinition, scenarioSchema } from "../definition/scenario.ts";
import { createRandom } from "../stats/random.ts";
import { abandoned } from "../suts/abandoned.ts";
import type { Asked, Outcome, SutInstance } from "../suts/sut.ts";
import { arrivalsOf } from "./arrivals.ts";
import { createScenario } from "./create.ts";
import { chooseItems } from "./items.ts";
import { requestsOf } from "./max-rate.ts";
import type { Exchange, ScenarioTrial } from "./scenario.ts";

const items = ["a", "b", "c"].map((name) => itemAt(`/${name}.wav`, { name }));
const names = (exchanges: readonly Exchange[]) => exchanges.map(({ item }) => item.name);
const said: Outcome = {
  ok: true,
  answer: { text: "", language: null, segments: null, first_segment_s: null, stages: {} },
};

/** A SUT that is no more than a function. */
function scripted(transcribe: (asked: Asked) => Promise<Outcome>): SutInstance {
  return {
    facts: {},
    opening: { process_start_s: null, load_s: null },
    pids: [],
    prepare: async () => undefined,
    transcribe,
    close: async () => undefined,
  };
}

function trialOf(transcribe: (asked: Asked) => Promise<Outcome>, more: Partial<ScenarioTrial> = {}): ScenarioTrial {
  return {
    instance: scripted(transcribe),
    config: {},
    items,
    random: createRandom(1).unit,
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    ...more,
  };
}

const execute = (definition: object, trial: ScenarioTrial) =>
  createScenario(scenarioSchema.parse(definition) as ScenarioDefinition).execute(trial);

/** A slow one that heeds its signal. */
const slow =
  (ms: number) =>
  async ({ signal }: Asked): Promise<Outcome> => {
    await delay(ms, undefined, { signal }).catch(() => undefined);
    return signal.aborted ? abandoned(signal) : said;
  };

describe("arrivals", () => {
  const random = () => createRandom(7).unit;
  const poisson = arrivalsOf("poisson", { rate: 20, count: 20_000, random: random() });

  test("by Poisson come from the seed, at the rate, in independent gaps", () => {
    expect(arrivalsOf("poisson", { rate: 20, count: 20_000, random: random() })).toEqual(poisson);
    const gaps = poisson.map((at, index) => at - (poisson[index - 1] ?? 0));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
    expect(mean).toBeCloseTo(0.05, 2);
    // Exponential: as wide as its mean.
    expect(Math.sqrt(variance) / mean).toBeCloseTo(1, 1);
    expect(gaps.every((gap) => gap >= 0)).toBe(true);
  });

  test("constant or by trace need no chance", () => {
    const options = { rate: 4, count: 3, random: random(), trace: [0.5, 0.1, 2, 3] };
    expect(arrivalsOf("constant", options)).toEqual([0, 0.25, 0.5]);
    expect(arrivalsOf("trace", options)).toEqual([0.1, 0.5, 2]);
  });
});

test("every item is asked as often as any other, in an order by the seed", () => {
  const chosen = chooseItems({ items, random: createRandom(3).unit }, 8);
  const counts = items.map(({ name }) => chosen.filter((item) => item.name === name).length);
  expect(counts.toSorted((a, b) => a - b)).toEqual([2, 3, 3]);
  expect(chooseItems({ items, random: createRandom(3).unit }, 8)).toEqual(chosen);
});

describe("a closed loop", () => {
  test("of a single stream is one request, and says whether it is to be streamed", async () => {
    const streamed: boolean[] = [];
    for (const kind of ["single-stream", "streaming"]) {
      const trial = trialOf(
        async ({ streaming }) => {
          streamed.push(streaming);
          return said;
        },
        { items: items.slice(0, 1) },
      );
      const { exchanges, total_s } = await execute({ kind }, trial);
      const [exchange] = exchanges as [Exchange];
      expect(names(exchanges)).toEqual(["a"]);
      expect(exchange.intended_s).toBe(exchange.sent_s);
      expect(total_s).toBeCloseTo(exchange.done_s - exchange.sent_s, 6);
    }
    expect(streamed).toEqual([false, true]);
  });

  test("of several streams asks anew as soon as there is an answer, and never more at a time", async () => {
    let running = 0;
    let most = 0;
    const trial = trialOf(async (asked) => {
      running += 1;
      most = Math.max(most, running);
      const outcome = await slow(5)(asked);
      running -= 1;
      return outcome;
    });
    const { exchanges } = await execute({ kind: "multi-stream", streams: 2, requests: 9 }, trial);
    expect(most).toBe(2);
    expect(exchanges).toHaveLength(9);
    expect(exchanges.every(({ intended_s, sent_s }) => intended_s === sent_s)).toBe(true);
  });

  test("offline has everything there from the start", async () => {
    const { exchanges, total_s } = await execute({ kind: "offline", concurrency: 1 }, trialOf(slow(10)));
    expect(names(exchanges).toSorted()).toEqual(["a", "b", "c"]);
    expect(exchanges.map(({ intended_s }) => intended_s)).toEqual([0, 0, 0]);
    expect(total_s).toBe(exchanges.at(-1)?.done_s);
  });
});

describe("an open loop", () => {
  const steady = { kind: "server", arrivals: "constant", rate: 50, requests: 20 };

  test("is never held back by slow answers", async () => {
    const { exchanges } = await execute(steady, trialOf(slow(1_000)));
    expect(exchanges.map(({ intended_s }) => intended_s)).toEqual(Array.from({ length: 20 }, (_, index) => index / 50));
    expect(exchanges.every(({ sent_s, intended_s }) => sent_s >= intended_s)).toBe(true);
    // All were on their way before the first was back.
    expect(exchanges.at(-1)?.sent_s).toBeLessThan(exchanges[0]?.done_s ?? 0);
  });

  test("counts from the intended arrival, and says where the harness itself was late", async () => {
    let first = true;
    const trial = trialOf(async () => {
      // The whole harness stands still, as where another process has the processor.
      const until = performance.now() + (first ? 200 : 0);
      first = false;
      while (performance.now() < until);
      return said;
    });
    const { exchanges, doubts } = await execute(steady, trial);
    const held = exchanges[5] as Exchange;
    expect(held.intended_s).toBe(0.1);
    expect(held.sent_s).toBeGreaterThanOrEqual(0.2);
    expect(held.done_s - held.intended_s).toBeGreaterThanOrEqual(0.1);
    expect(doubts).toEqual([expect.stringMatching(/the harness itself sent 1 % of the requests \d+\.\d ms late/)]);
  });

  test("by trace has as many requests as the trace", async () => {
    const { exchanges } = await execute(
      { kind: "server", arrivals: "trace", rate: 1, trace: [0, 0.01] },
      trialOf(slow(1)),
    );
    expect(exchanges.map(({ intended_s }) => intended_s)).toEqual([0, 0.01]);
  });

  test("gets the same arrivals and items for every run config of a block", async () => {
    const run = async () => {
      const trial = trialOf(async () => said, { random: createRandom(9).unit });
      const { exchanges } = await execute({ kind: "server", rate: 500, requests: 10 }, trial);
      return exchanges.map(({ item, intended_s }) => [item.name, intended_s]);
    };
    expect(await run()).toEqual(await run());
  });
});

describe.each([
  { kind: "multi-stream", streams: 3 },
  { kind: "server", rate: 1000, arrivals: "constant" },
])("in $kind", (definition) => {
  test("what takes too long is left, and the others are not", async () => {
    const trial = trialOf(async (asked) => slow(asked.item.name === "b" ? 10_000 : 1)(asked), { timeoutMs: 60 });
    const { exchanges } = await execute(definition, trial);
    const outcomes = Object.fromEntries(exchanges.map(({ item, outcome }) => [item.name, outcome]));
    expect(outcomes.b).toMatchObject({ failure: { status: "timeout", message: "no answer within 0.06 s" } });
    expect(outcomes).toMatchObject({ a: { ok: true }, c: { ok: true } });
  });

  test("a SUT that dies ends the trial, and every other request with it", async () => {
    const left: string[] = [];
    const trial = trialOf(async ({ item, signal }) => {
      if (item.name === "b") {
        await delay(20);
        throw new Error("the SUT is gone");
      }
      await delay(10_000, undefined, { signal }).catch(() => left.push(item.name));
      return abandoned(signal);
    });
    await expect(execute(definition, trial)).rejects.toThrow("the SUT is gone");
    expect(left.toSorted((a, b) => a.localeCompare(b))).toEqual(["a", "c"]);
  });

  test("an interruption ends the trial with its reason", async () => {
    const stop = new AbortController();
    const running = execute(definition, trialOf(slow(10_000), { signal: stop.signal }));
    setTimeout(() => stop.abort(new Error("interrupted")), 20);
    await expect(running).rejects.toThrow("interrupted");
    await expect(execute(definition, trialOf(slow(1), { signal: stop.signal }))).rejects.toThrow("interrupted");
  });
});

describe("a search for the greatest rate", { timeout: 60_000 }, () => {
  const definition = {
    kind: "max-rate",
    slo: { latency_s: 0.06, percentile: 0.9 },
    arrivals: "constant",
    precision: 0.3,
  };

  test("ends between a rate that kept its level and one, little above, that did not", async () => {
    // One after the other, 5 ms each: about 200 a second, or less on a machine that is busy.
    let free = Promise.resolve();
    const trial = trialOf(async () => {
      free = free.then(() => delay(5));
      await free;
      return said;
    });
    const { search, exchanges, doubts } = await execute({ ...definition, start_rate: 80, requests: 40 }, trial);
    const { sustainable_rate = 0, probes = [] } = search ?? {};
    const kept = probes.filter((probe) => probe.kept).map(({ rate }) => rate);
    const missed = probes.filter((probe) => !probe.kept).map(({ rate }) => rate);
    expect(sustainable_rate).toBe(Math.max(...kept));
    expect(Math.min(...missed) / sustainable_rate).toBeLessThanOrEqual(1.3 + 1e-9);
    expect(sustainable_rate).toBeLessThan(400);
    // What is recorded is the rate that was found.
    expect(exchanges).toHaveLength(40);
    expect((exchanges.at(-1) as Exchange).intended_s).toBeCloseTo(39 / sustainable_rate, 6);
    expect(doubts).toContain("40 requests are too few for a p90, which takes 64");
    // How many would do depends on the rate, and so on the machine.
    const isTooShort = Math.ceil((sustainable_rate * definition.slo.latency_s) / definition.precision) > 40;
    expect(doubts.some((doubt) => doubt.startsWith("40 requests are too few to show an overload at "))).toBe(
      isTooShort,
    );
  });

  test("is 0 for a SUT that keeps no rate at all, and soon", async () => {
    const trial = trialOf(async () => ({ ok: false, failure: { status: "error", code: "http_500", message: "" } }));
    const { search } = await execute({ ...definition, start_rate: 1000 }, trial);
    expect(search?.sustainable_rate).toBe(0);
    // It is clear after some failures.
    expect(search?.probes).toHaveLength(1);
    expect(search?.probes.every(({ requests, latency_s }) => requests < 64 && latency_s === null)).toBe(true);
  });

  test("goes down where the first rate was too much", async () => {
    let free = Promise.resolve();
    const trial = trialOf(async () => {
      free = free.then(() => delay(5));
      await free;
      return said;
    });
    const { search } = await execute({ ...definition, start_rate: 2000, requests: 40, precision: 0.5 }, trial);
    expect(search?.probes[0]).toMatchObject({ rate: 2000, kept: false });
    expect(search?.sustainable_rate).toBeGreaterThan(0);
  });

  test("asks as much as its percentile needs, and as an overload needs to show", () => {
    const search = scenarioSchema.parse({ kind: "max-rate", slo: { latency_s: 2 }, precision: 0.1 });
    if (search.kind !== "max-rate") throw new Error("it is one");
    expect(requestsOf(search, 1)).toBe(130);
    expect(requestsOf(search, 50)).toBe(1000);
    expect(requestsOf({ ...search, requests: 7 }, 50)).toBe(7);
  });
});
