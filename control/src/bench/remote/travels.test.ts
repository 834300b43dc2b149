import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutRoot } from "../../core/checkout.ts";
import { definitionSchema, definitionVersion } from "../definition/schema.ts";
import { leftBehind, pathInImage } from "./travels.ts";

const directory = join(checkoutRoot, "configs", "bench");
const definitionOf = (more: object) =>
  definitionSchema.parse({
    schema: definitionVersion,
    name: "example",
    workloads: [{ kind: "generated", name: "silence", sound: "silence", duration_s: 5 }],
    suts: [{ kind: "hum-helix" }],
    ...more,
  });

test("a definition below configs has a path in the image, and any other has none", () => {
  expect(pathInImage(join(directory, "smoke.yaml"))).toBe("configs/bench/smoke.yaml");
  expect(pathInImage(join(checkoutRoot, "smoke.yaml"))).toBeNull();
  expect(pathInImage(join(checkoutRoot, "configs-of-mine", "smoke.yaml"))).toBeNull();
  expect(pathInImage("/tmp/smoke.yaml")).toBeNull();
});

test("audio and texts below configs travel, and what is made travels by itself", async () => {
  const audio = { kind: "audio", name: "jfk", audio: "../samples/jfk.wav", text_file: "../samples/jfk.txt" };
  expect(await leftBehind({ definition: definitionOf({ workloads: [audio] }), directory })).toEqual([]);
  expect(await leftBehind({ definition: definitionOf({}), directory })).toEqual([]);
});

test("every path that leads elsewhere is told", async () => {
  const workloads = [
    { kind: "audio", name: "mine", audio: "/srv/mine.wav", text_file: "../../mine.txt" },
    { kind: "manifest", name: "cards", manifest: "../../.hum/manifests/cards.jsonl" },
  ];
  const definition = definitionOf({ workloads, baseline: { run: "../../results/old.db.yaml" } });
  expect((await leftBehind({ definition, directory })).map((problem) => problem.split(" ")[0])).toEqual([
    "/srv/mine.wav",
    "../../mine.txt",
    "../../.hum/manifests/cards.jsonl",
    "../../results/old.db.yaml",
  ]);
});
