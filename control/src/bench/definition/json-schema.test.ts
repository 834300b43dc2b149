import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { expect, test } from "vitest";
import { makeEnd, makeRun, makeTrial } from "../../../test/bench-records.ts";
import { parseYaml } from "../../core/yaml.ts";
import { buildSchemas, schemaFile } from "./json-schema.ts";
import { definitionSchema } from "./schema.ts";

const folder = fileURLToPath(new URL("..", schemaFile("definition")));
const ajv = new Ajv({ strict: false, formats: fullFormats });
const validate = ajv.compile(buildSchemas().definition);
const validateResult = ajv.compile(buildSchemas().result);

test.each(["definition", "result"] as const)(
  "the schema of a %s is as committed; `npm run bench:schema` writes it",
  (name) => {
    expect(JSON.parse(readFileSync(schemaFile(name), "utf8"))).toEqual(
      JSON.parse(JSON.stringify(buildSchemas()[name])),
    );
  },
);

test("a schema takes what zod takes, and refuses what zod refuses", () => {
  const valid = {
    schema: "hum-helix/benchmark-definition@1",
    name: "a",
    workloads: [{ kind: "generated", name: "s", sound: "silence", duration_s: 1 }],
    suts: [{ kind: "openai-http", name: "x", url: "http://127.0.0.1:1/v1", fixed: { beam_size: 5 } }],
    matrix: { model: ["base"], temperatures: [[0], [0, 0.2]] },
    gates: [{ metric: "speed", tolerance: 0.05 }],
  };
  const spoilt = [
    { ...valid, schema: "hum-helix/benchmark-definition@2" },
    { ...valid, nme: "a" },
    { ...valid, workloads: [] },
    { ...valid, workloads: [{ kind: "generated", name: "s", sound: "thunder", duration_s: 1 }] },
    { ...valid, suts: [{ kind: "openai-http", name: "x" }] },
    { ...valid, matrix: { modl: ["base"] } },
    { ...valid, gates: [{ tolerance: 0.05 }] },
  ];
  for (const value of [valid, ...spoilt]) {
    expect(validate(value), JSON.stringify(validate.errors)).toBe(definitionSchema.safeParse(value).success);
  }
});

test("the definitions that ship name the schema to editors, and are of it", () => {
  const shipped = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".yaml")) : [];
  for (const file of shipped) {
    const text = readFileSync(`${folder}${file}`, "utf8");
    expect(text, file).toMatch(/^# yaml-language-server: \$schema=schema\/definition\.schema\.json$/m);
    expect(validate(parseYaml(text, file).value), `${file}: ${JSON.stringify(validate.errors)}`).toBe(true);
  }
});

test("the documents of a result file are of their schema, and a spoilt one is not", () => {
  for (const document of [makeRun(), makeTrial(), makeEnd()]) {
    expect(validateResult(document), JSON.stringify(validateResult.errors)).toBe(true);
    expect(validateResult({ ...document, run_id: 5 })).toBe(false);
    expect(validateResult({ ...document, kind: "trail" })).toBe(false);
  }
});
