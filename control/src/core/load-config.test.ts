import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkoutRoot } from "./checkout.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { type Environment, loadConfig } from "./load-config.ts";

function writeConfig(yaml: string): { directory: string; file: string } {
  const directory = mkdtempSync(join(tmpdir(), "hum-config-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "mine.yaml");
  writeFileSync(file, yaml);
  return { directory, file };
}

function problemsOf(env: Environment, cwd?: string): readonly ConfigProblem[] {
  try {
    loadConfig({ env, ...(cwd === undefined ? {} : { cwd }) });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test("without any setting the defaults hold, with their paths in the checkout", () => {
  const config = loadConfig({ env: {}, cwd: "/" });
  expect(config.http).toMatchObject({ host: "127.0.0.1", port: 8000, api_key: null });
  expect(config.data_dir).toBe(join(checkoutRoot, ".hum/data"));
  expect(config.model_dir).toBe(join(checkoutRoot, ".hum/models"));
  expect(config.python).toBe(join(checkoutRoot, ".venv/bin/python"));
});

test("the environment wins over the user's file, and that over the defaults", () => {
  const { file } = writeConfig("http:\n  port: 9000\n  max_parts: 7\nmodel: tiny.en\n");
  const config = loadConfig({ env: { HUM_CONFIG: file, HUM_HTTP_PORT: "9001", HUM_ALLOW_FAKE_MODELS: "yes" } });
  expect(config.http).toMatchObject({ host: "127.0.0.1", port: 9001, max_parts: 7 });
  expect(config.model).toBe("tiny.en");
  expect(config.allow_fake_models).toBe(true);
});

test("an empty variable and a section without fields change nothing", () => {
  const { file } = writeConfig("http:\n  # port: 9000\nlog:\n");
  const plain = loadConfig({ env: {} });
  expect(loadConfig({ env: { HUM_CONFIG: file, HUM_MODEL: "", HUM_API_KEY: "" } })).toEqual(plain);
  expect(loadConfig({ env: { HUM_CONFIG: "" } })).toEqual(plain);
});

test("an empty file changes nothing", () => {
  const { file } = writeConfig("# nothing yet\n");
  expect(loadConfig({ env: { HUM_CONFIG: file } })).toEqual(loadConfig({ env: {} }));
});

test("relative paths are relative to what set them", () => {
  const { directory, file } = writeConfig("model_dir: weights\npython: python3\ncatalogue: ~/mine.yaml\n");
  const env = { HUM_CONFIG: "mine.yaml", HUM_DATA_DIR: "data", HOME: "/people/ada" };
  const config = loadConfig({ env, cwd: directory });
  expect(file).toBe(join(directory, "mine.yaml"));
  expect(config.model_dir).toBe(join(directory, "weights"));
  expect(config.data_dir).toBe(join(directory, "data"));
  expect(config.catalogue).toBe("/people/ada/mine.yaml");
  expect(config.python).toBe("python3");
});

test("every wrong field is told at once, with its place, its value and what is allowed", () => {
  const { directory } = writeConfig(
    ["http:", "  port: 99999", "engine:", "  device: gpu", "  workers: 1.5", "jobs: 7"].join("\n"),
  );
  const env = { HUM_CONFIG: "mine.yaml", HUM_LOG_LEVEL: "loud", HUM_DECODERS: "many", HUM_ALLOW_FAKE_MODELS: "maybe" };
  expect(problemsOf(env, directory)).toEqual(
    expect.arrayContaining([
      { place: "mine.yaml:2", message: "http.port is 99999; it must be 65535 or less" },
      { place: "mine.yaml:4", message: 'engine.device is "gpu"; it must be one of auto, cpu, cuda' },
      { place: "mine.yaml:5", message: "engine.workers is 1.5; it must be a whole number" },
      { place: "mine.yaml:6", message: "jobs must be a section with fields of its own" },
      { place: "HUM_LOG_LEVEL", message: 'log.level is "loud"; it must be one of debug, info, warn, error, silent' },
      { place: "HUM_DECODERS", message: 'decoder.sidecars is "many"; it must be a number' },
      { place: "HUM_ALLOW_FAKE_MODELS", message: 'allow_fake_models is "maybe"; it must be true or false' },
    ]),
  );
  expect(problemsOf(env, directory)).toHaveLength(7);
});

test("an unknown field is told with the nearest known one, or with all there are", () => {
  const { directory } = writeConfig("http:\n  prot: 1\nengin:\n  device: cpu\nlog:\n  colour: true\n");
  expect(problemsOf({ HUM_CONFIG: "mine.yaml" }, directory)).toEqual([
    { place: "mine.yaml:2", message: "http.prot is no field; did you mean http.port?" },
    { place: "mine.yaml:6", message: "log.colour is no field; known here: level" },
    { place: "mine.yaml:3", message: "engin is no field; did you mean engine?" },
  ]);
});

test("sinks take secrets from the environment, paths from where their file lies, and each has a name of its own", () => {
  const yaml = [
    "events:",
    "  sinks:",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the file's own syntax
    "    - {kind: webhook, url: 'https://example.org/${HOOK_PATH}', types: ['*.completed']}",
    "    - {kind: file, path: events.jsonl, name: archive}",
  ].join("\n");
  const { directory } = writeConfig(yaml);
  const { events } = loadConfig({ env: { HUM_CONFIG: "mine.yaml", HOOK_PATH: "s3cret" }, cwd: directory });
  expect(events.sinks).toMatchObject([
    { url: "https://example.org/s3cret", types: ["*.completed"], required: false, max_in_flight: 64 },
    { path: join(directory, "events.jsonl"), types: ["*"], name: "archive" },
  ]);
  expect(problemsOf({ HUM_CONFIG: "mine.yaml" }, directory)).toEqual([
    {
      place: "mine.yaml:3",
      message: "events.sinks.0.url names the environment variable HOOK_PATH, which is not set",
    },
  ]);
});

test("what is wrong in a sink is told without its secrets", () => {
  const { directory } = writeConfig(
    [
      "events:",
      "  sinks:",
      "    - {kind: webhook, url: 'ftp://me:s3cret@host'}",
      "    - {kind: webhook, url: 'https://host/', urll: s3cret}",
      "    - {kind: fax}",
    ].join("\n"),
  );
  const problems = problemsOf({ HUM_CONFIG: "mine.yaml" }, directory);
  expect(problems.map(({ message }) => message).join("\n")).not.toContain("s3cret");
  expect(problems).toMatchObject([
    { place: "mine.yaml:3", message: expect.stringContaining("events.sinks.0.url must be a URL such as") },
    { place: "mine.yaml:4", message: "events.sinks.1.urll is no field; did you mean events.sinks.1.url?" },
    { place: "mine.yaml:5", message: expect.stringMatching(/events\.sinks\.2\.kind .*kafka, webhook, file/) },
  ]);
  const twice = writeConfig("events:\n  sinks: [{kind: stdout}, {kind: stdout}, {kind: stdout, name: redis}]\n");
  expect(problemsOf({ HUM_CONFIG: "mine.yaml" }, twice.directory).map(({ message }) => message)).toEqual([
    expect.stringContaining("has the name stdout, which another sink has"),
    expect.stringContaining("has the name redis, which another sink has"),
  ]);
});

test("a file that is no mapping is refused", () => {
  const { directory } = writeConfig("- http\n");
  expect(problemsOf({ HUM_CONFIG: "mine.yaml" }, directory)).toMatchObject([{ place: "mine.yaml:1" }]);
});

test.each(["0.0.0.0", "::", "192.168.1.20", "myhost", "127.1.example"])(
  "binding %s without a key is refused with what to set",
  (host) => {
    const [problem, ...others] = problemsOf({ HUM_HTTP_HOST: host });
    expect(others).toEqual([]);
    expect(problem?.place).toBe("HUM_HTTP_HOST");
    expect(problem?.message).toContain(`http.host is "${host}"`);
    expect(problem?.message).toContain("set HUM_API_KEY");
    expect(problemsOf({ HUM_HTTP_HOST: host, HUM_API_KEY: "long-enough" })).toEqual([]);
  },
);

test.each(["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost"])("binding %s needs no key", (host) => {
  expect(problemsOf({ HUM_HTTP_HOST: host })).toEqual([]);
});

test.each([
  "HUM_HTTP_MAX_BODY_S",
  "HUM_LOAD_TIMEOUT_S",
  "HUM_HELLO_TIMEOUT_S",
  "HUM_PING_INTERVAL_S",
  "HUM_STOP_GRACE_S",
  "HUM_RESTART_MAX_BACKOFF_S",
  "HUM_JOB_TIMEOUT_S",
  "HUM_REDIS_COMMAND_TIMEOUT_S",
])("%s is no longer than a timer can wait", (name) => {
  expect(problemsOf({ [name]: "2147483" })).toEqual([]);
  expect(problemsOf({ [name]: "2147484" })).toMatchObject([
    { place: name, message: expect.stringContaining("it must be 2147483 or less") },
  ]);
});

test("a first backoff is no longer than a timer can wait", () => {
  const env = { HUM_RESTART_BACKOFF_S: "2147484", HUM_RESTART_MAX_BACKOFF_S: "2147483" };
  expect(problemsOf(env)[0]?.message).toBe("restart.backoff_s is 2147484; it must be 2147483 or less");
});

test.each([
  ["HUM_HTTP_MAX_BODY_BYTES", 4_294_967_295],
  ["HUM_WORKERS", 4_294_967_295],
  ["HUM_THREADS_PER_WORKER", 4_294_967_295],
  ["HUM_MAX_DURATION_S", 134_217],
])("%s fits what the wire counts with", (name, most) => {
  expect(problemsOf({ [name]: String(most) })).toEqual([]);
  expect(problemsOf({ [name]: String(most + 1) })).toMatchObject([
    { place: name, message: expect.stringContaining(`it must be ${most} or less`) },
  ]);
});

test("a Redis URL that no client could use is refused when it is read", () => {
  expect(problemsOf({ HUM_REDIS_URL: "redis://me:s3cret@host:99999" })).toEqual([
    {
      place: "HUM_REDIS_URL",
      message:
        "events.redis.url must be a URL such as redis://user:password@host:6379/0, its port from 1 to 65535, or null",
    },
  ]);
  expect(problemsOf({ HUM_REDIS_URL: "rediss://me:s3cret@host:6380/2" })).toEqual([]);
});

test("a message never shows a key or a URL that may hold a password", () => {
  const problems = problemsOf({ HUM_API_KEY: "s3cret", HUM_REDIS_URL: "http://me:s3cret@host" });
  expect(problems.map(({ message }) => message)).toEqual([
    "http.api_key must be 8 characters or more, or null",
    expect.stringMatching(/^events\.redis\.url must be a URL that begins with redis:\/\/, .*, or null$/),
  ]);
});
