import { expect, test } from "vitest";
import { ConfigError } from "./config-error.ts";
import { parseYaml, readYaml } from "./yaml.ts";

const text = `# a comment
http:
  port: 8000

list:
  - one
  - two: 2
`;

test("values remember the line of their key, in mappings and in lists", () => {
  const { value, lineOf } = parseYaml(text, "a.yaml");
  expect(value).toEqual({ http: { port: 8000 }, list: ["one", { two: 2 }] });
  expect(lineOf(["http"])).toBe(2);
  expect(lineOf(["http", "port"])).toBe(3);
  expect(lineOf(["list", 1])).toBe(7);
  expect(lineOf(["list", 1, "two"])).toBe(7);
});

test("what is missing has the line of its nearest parent", () => {
  const { lineOf } = parseYaml(text, "a.yaml");
  expect(lineOf(["http", "host"])).toBe(2);
  expect(lineOf(["nothing", "of", "this"])).toBe(1);
});

test("broken YAML and a key written twice are told with file and line", () => {
  expect(() => parseYaml("a: 1\nb: [", "b.yaml")).toThrow(/^b\.yaml:2: /);
  expect(() => parseYaml("a: 1\nb: 2\na: 3\n", "c.yaml")).toThrow(/^c\.yaml:3: .*unique/);
});

test("a file that is not there is told by its name", () => {
  expect(() => readYaml("/nonexistent/hum.yaml", "hum.yaml")).toThrow(ConfigError);
  expect(() => readYaml("/nonexistent/hum.yaml", "hum.yaml")).toThrow(/^hum\.yaml: cannot be read: ENOENT/);
});

test("text from the middle of a file is told by the lines of that file", () => {
  expect(parseYaml("a: 1\nb: 2", "d.yaml", { firstLine: 10 }).lineOf(["b"])).toBe(11);
  expect(() => parseYaml("a: 1\nb: [", "d.yaml", { firstLine: 10 })).toThrow(/^d\.yaml:11: /);
});

test("aliases that multiply without end are refused", () => {
  const level = (name: string, of: string) =>
    `${name}: &${name} [${Array.from({ length: 20 }, () => `*${of}`).join(", ")}]\n`;
  const text = `a: &a [x]\n${level("b", "a")}${level("c", "b")}${level("d", "c")}`;
  expect(() => parseYaml(text, "e.yaml")).toThrow(/^e\.yaml:1: .*alias/);
});
