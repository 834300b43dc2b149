import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Outgoing, Stop } from "../sink.ts";
import { createLanes } from "./lanes.ts";

/** `a1 a2 b3`: the key, and the place in the batch. */
const batchOf = (ids: string, bytes: Record<string, number> = {}): Outgoing[] =>
  ids.split(" ").map((id, index) => ({
    ...{ id, partitionKey: id.slice(0, 1), json: "x".repeat(bytes[id] ?? 10), position: index + 1 },
    ...{ stream: "system", name: "node.started", type: "t", source: "s", sequence: index + 1, predecessor: index },
  }));

const refused: Stop = { kind: "failed", error: new Error("refused") };

/** Takes all but those of `against`, and keeps what was asked of it. */
function bus(against: Record<string, Stop> = {}) {
  const taken: string[] = [];
  const together: string[][] = [];
  let onTheWay: string[] = [];
  return {
    taken,
    /** The longest company that each event had. */
    together,
    async send({ id }: Outgoing): Promise<Stop | null> {
      onTheWay = [...onTheWay, id];
      together.push(onTheWay);
      await turn();
      onTheWay = onTheWay.filter((other) => other !== id);
      const stop = against[id] ?? null;
      if (stop === null) taken.push(id);
      return stop;
    },
  };
}

test("events of different keys are sent together, those of one key one after another", async () => {
  const { taken, together, send } = bus();
  const delivery = await createLanes().deliver(batchOf("a1 a2 b1 c1 b2"), send);
  expect(delivery).toEqual({ delivered: 5, duplicates: 0, stopped: null });
  expect(taken).toEqual(["a1", "b1", "c1", "a2", "b2"]);
  expect(Math.max(...together.map(({ length }) => length))).toBe(3);
  for (const company of together) expect(new Set(company.map((id) => id[0])).size).toBe(company.length);
});

describe("when an event is refused", () => {
  test("all before it are delivered, and none behind it with its key is sent", async () => {
    const { taken, send } = bus({ b1: refused });
    const delivery = await createLanes().deliver(batchOf("a1 a2 b1 b2 c1 a3"), send);
    expect(delivery).toEqual({ delivered: 2, duplicates: 0, stopped: refused });
    expect(taken).toEqual(["a1", "c1", "a2"]);
  });

  test("what was taken behind it is not sent again, and counts once it is reached", async () => {
    const lanes = createLanes();
    const batch = batchOf("a1 b1 c1 c2");
    expect(await lanes.deliver(batch, bus({ a1: refused }).send)).toMatchObject({ delivered: 0 });
    const { taken, send } = bus();
    expect(await lanes.deliver(batch, send)).toEqual({ delivered: 4, duplicates: 0, stopped: null });
    expect(taken).toEqual(["a1", "c2"]);
    expect(await lanes.deliver(batch, send), "a replay is sent anew").toMatchObject({ delivered: 4 });
    expect(taken).toHaveLength(6);
  });

  test("the first of several in the batch is told", async () => {
    const unfit: Stop = { kind: "unfit", reason: "too large" };
    const { send } = bus({ a2: unfit, b1: refused });
    expect(await createLanes().deliver(batchOf("a1 a2 b1"), send)).toMatchObject({ delivered: 1, stopped: unfit });
    const sent = await createLanes().deliver(batchOf("a1 b1"), () => Promise.reject(new Error("cut")));
    expect(sent).toMatchObject({ delivered: 0, stopped: { kind: "failed", error: { message: "cut" } } });
  });
});

test("an event larger than any before goes alone, and after it those that are no larger go together", async () => {
  const { together, send } = bus();
  const sizes = { b1: 6_000, d1: 5_000, e1: 6_000 };
  expect(await createLanes().deliver(batchOf("a1 b1 c1 d1 e1", sizes), send)).toMatchObject({ delivered: 5 });
  expect(together).toEqual([["a1"], ["b1"], ["c1"], ["c1", "d1"], ["c1", "d1", "e1"]]);
});
