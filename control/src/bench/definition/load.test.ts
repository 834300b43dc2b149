import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkoutRoot } from "../../core/checkout.ts";
import { ConfigError } from "../../core/config-error.ts";
import { metricNames } from "../report/metrics.ts";
import { expandSettings, loadDefinition } from "./load.ts";

const metrics = ["rtfx", "wer", "cer", "latency_p95_s"];

function load(text: string, env: Record<string, string> = {}) {
  const directory = mkdtempSync(join(tmpdir(), "hum-definition-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, "x.yaml"), text);
  return { ...loadDefinition(join(directory, "x.yaml"), { env, metrics }), made: directory };
}

/** Each as `line: message`. */
function problems(text: string, env: Record<string, string> = {}): string[] {
  try {
    load(text, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ place, message }) => `${place.replace(/^.*x\.yaml:?/, "")}: ${message}`);
  }
  return [];
}

const head = `schema: hum-helix/benchmark-definition@1
name: example
workloads:
  - { kind: generated, name: silence, sound: silence, duration_s: 5 }
suts:
  - kind: hum-helix
`;

test("a short definition is loaded with its defaults, and the directory that its paths are relative to", () => {
  const { definition, directory, made, notes } = load(`${head}matrix: { beam_size: [1, 5] }\n`);
  expect(directory).toBe(made);
  expect(notes).toEqual([]);
  expect(definition).toMatchObject({
    name: "example",
    suts: [{ kind: "hum-helix", name: "hum-helix" }],
    matrix: { beam_size: [1, 5] },
    scenario: { kind: "single-stream" },
    protocol: { warmup: 1, min_trials: 3, order: "abba" },
  });
});

test("every problem of a file is told at once, in its order, with its line, its value and what would be right", () => {
  const text = `schema: hum-helix/benchmark-definition@1
name: two words
workloads:
  - kind: audo
    name: a
  - kind: audio
    name: b
    audi: b.wav
  - 5
suts:
  - kind: openai-http
    name: other
    url: ftp://elsewhere
    supports: [bem_size]
    fixed:
      beam_size: five
matrix:
  modl: [base]
  beam_size: []
  temperatures: [[2]]
scenario: { kind: server }
protocol:
  min_trials: 0
  order: abab
  warmups: 2
capture: cpu
`;
  expect(problems(text)).toEqual([
    `2: name is "two words"; it must be 1 to 64 letters, digits, '.', '_' or '-'`,
    `4: workloads.0.kind is "audo"; it must be one of audio, manifest, generated; did you mean audio?`,
    "6: workloads.1.audio is missing; it must be text",
    "8: workloads.1.audi is no field; did you mean workloads.1.audio?",
    "9: workloads.2 is 5; it must be a section with fields of its own",
    `13: suts.0.url is "ftp://elsewhere"; it must be a URL such as http://127.0.0.1:8000`,
    `14: suts.0.supports.0 is "bem_size", which is not known here; did you mean beam_size?`,
    `16: suts.0.fixed.beam_size is "five"; it must be a number`,
    "18: matrix.modl is no field; did you mean matrix.model?",
    "19: matrix.beam_size is []; it must be a list that is not empty",
    "20: matrix.temperatures.0.0 is 2; it must be 1 or less",
    "21: scenario.rate is missing; it must be a number",
    "23: protocol.min_trials is 0; it must be 1 or more",
    `24: protocol.order is "abab"; it must be one of abba, sequential; did you mean abba?`,
    "25: protocol.warmups is no field; did you mean protocol.warmup?",
    `26: capture is "cpu"; it must be a list`,
  ]);
});

test("a gate and a baseline are judged as what they were meant to be", () => {
  const text = `${head}baseline: { run: 5 }
gates:
  - { metric: speed, tolerance: 5 }
  - { metric: wer, tolerance: a }
  - { metric: rtfx, tolerance: 0.1 }
  - { tolerance: 1 }
  - 7
  - { metric: rtfx, at_most: fast }
`;
  expect(problems(text)).toEqual([
    "7: baseline.run is 5; it must be text",
    "9: gates.0.tolerance is 5; it must be 1 or less",
    '10: gates.1.tolerance is "a"; it must be a number',
    "11: gates.2.tolerance goes only with metric speed, metric wer, metric cer; known here: metric, at_most, at_least",
    "12: gates.3.metric is missing; it must be speed",
    "13: gates.4 is 7; it must be a section with fields of its own",
    '14: gates.5.at_most is "fast"; it must be a number',
  ]);
});

test("a field of another kind of workload is told with that kind", () => {
  const text = head.replace("sound: silence", "sound: silence, manifest: a.yaml");
  expect(problems(text)).toEqual([
    "4: workloads.0.manifest goes only with kind manifest; known here: kind, name, sound, duration_s, level_dbfs, seed, count, expect",
  ]);
});

test.each([
  ["an empty file", "", "1: the file must be a mapping of fields"],
  ["a list", "- a\n", "1: the file must be a mapping of fields"],
  ["no YAML", "a: [\n", /^2: /],
  ["no schema", "name: a\n", "1: schema is missing; it must be hum-helix/benchmark-definition@1"],
])("%s is told", (_, text, told) => {
  expect(problems(text)[0]).toMatch(told);
});

test("a problem in one section hides none in the others", () => {
  const text = `${head.replace("duration_s: 5", "duration_s: 0")}protocol: { min_trials: 5, max_trials: 3 }
exclude:
  - { beam_size: 7 }
gates:
  - { metric: rtfy, at_least: 1 }
  - { metric: speed, tolerance: 0.05 }
`;
  expect(problems(text)).toEqual([
    "4: workloads.0.duration_s is 0; it must be 0.1 or more",
    "7: protocol.max_trials is 3; it must be 5 or more, which min_trials is",
    '9: exclude.0 is {"beam_size":7}, which no run config has; correct it, or leave it out',
    "11: gates.0.metric is rtfy, which is no metric; did you mean rtfx?",
    "12: gates.1 holds speed to a baseline, and the definition names none; add baseline",
  ]);
});

test("names that are shared, and names that nothing has, are told", () => {
  const text = `schema: hum-helix/benchmark-definition@1
name: example
workloads:
  - { kind: generated, name: silence, sound: silence, duration_s: 5 }
  - { kind: generated, name: silence, sound: hum, duration_s: 5 }
suts:
  - kind: hum-helix
  - kind: faster-whisper
    name: hum-helix
include:
  - config: { beam_size: 1 }
    workloads: [silense, speech]
baseline: { sut: whisper }
`;
  expect(problems(text)).toEqual([
    "5: workloads.1.name is silence, as workloads.0 is; give each a name of its own",
    "9: suts.1.name is hum-helix, as suts.0 is; give each a name of its own",
    "12: include.0.workloads.0 is silense, which is no workload; did you mean silence?",
    "12: include.0.workloads.1 is speech, which is no workload; there are silence, silence",
    "13: baseline.sut is whisper, which is no SUT; there are hum-helix, hum-helix",
  ]);
});

test.each([
  [
    "{ config: { beam_size: 9 } }",
    "9: baseline matches no run config; there are: hum-helix base beam_size=1, hum-helix base",
  ],
  ["{ sut: other }", "9: baseline.sut is other, which is no SUT; there are hum-helix"],
  ["{ config: { beam_size: 1 } }", undefined],
  ["{ config: { device: cpu, beam_size: 1, model: tiny } }", undefined],
])("the baseline %s must be among the run configs", (baseline, told) => {
  const text = `${head}matrix: { model: [base, tiny], beam_size: [1, 5] }\ndecoding: { device: cpu }\nbaseline: ${baseline}\n`;
  expect(problems(text)).toEqual(told === undefined ? [] : [expect.stringContaining(told)]);
});

test("an exclude that leaves nothing, and a matrix of too many run configs, are told", () => {
  expect(
    problems(`${head}matrix: { beam_size: [1, 5] }\nexclude:\n  - { beam_size: 1 }\n  - { beam_size: 5 }\n`),
  ).toEqual(["8: exclude leaves none of 2 run configs to measure"]);
  const range = (count: number) => `[${Array.from({ length: count }, (_, index) => index + 1).join(", ")}]`;
  expect(
    problems(`${head}matrix:\n  beam_size: ${range(64)}\n  best_of: ${range(64)}\n  chunk_length: ${range(3)}\n`),
  ).toEqual(["7: matrix makes 12,288 run configs with the suts; it must be 10,000 or less"]);
});

test.each([
  ["{ kind: server, rate: 1, arrivals: trace }", "scenario.arrivals is trace; scenario.trace must then list"],
  ["{ kind: server, rate: 1, trace: [1] }", "scenario.trace is given, but arrivals is poisson"],
  ["{ kind: server, rate: 1, arrivals: trace, trace: [0, 2, 1] }", "scenario.trace.2 is 1, before the arrival ahead"],
  ["{ kind: server, rate: 1, arrivals: trace, trace: [0, 1, 1] }", undefined],
])("the scenario %s is looked at", (scenario, told) => {
  expect(problems(`${head}scenario: ${scenario}\n`)).toEqual(
    told === undefined ? [] : [expect.stringContaining(`7: ${told}`)],
  );
});

test.each([
  ["{ metric: rtfx }", "gates.0 sets rtfx no bound; add at_most or at_least"],
  ["{ metric: wer }", "gates.0 sets wer no bound; add at_most or at_least, or tolerance"],
  ["{ metric: rtfx, at_least: 5, at_most: 2 }", "gates.0 wants at least 5 and at most 2, which nothing is"],
  ["{ metric: speed, at_least: 5 }", "gates.0.metric is speed, which takes a tolerance; it must be rtfx"],
  ["{ metric: wer, at_most: 0.1 }", undefined],
])("the gate %s is looked at", (gate, told) => {
  expect(problems(`${head}gates: [${gate}]\n`)).toEqual(
    told === undefined ? [] : [expect.stringContaining(`7: ${told}`)],
  );
});

test("a workload is told its text once, and none where nothing is said", () => {
  const text = `schema: hum-helix/benchmark-definition@1
name: example
workloads:
  - { kind: audio, name: a, audio: a.wav, text: one, text_file: a.txt }
  - { kind: audio, name: b, audio: b.wav, text: one, expect: empty }
  - { kind: audio, name: c, audio: c.wav, text: "", expect: empty }
suts: [{ kind: hum-helix }]
`;
  expect(problems(text)).toEqual([
    "4: workloads.0 has text and text_file; leave one of them out",
    "5: workloads.1.text is what is said, but expect is empty; leave one of them out",
  ]);
});

const foreign = (rest: string) => `schema: hum-helix/benchmark-definition@1
name: example
workloads:
  - { kind: generated, name: silence, sound: silence, duration_s: 5 }
suts:
${rest}`;

test("the environment is expanded in SUTs; what is not set is told with its line, and once", () => {
  const text = foreign(
    "  - kind: openai-http\n    name: peer\n    url: $" + "{PEER}\n    models: { base: '$" + "{MODEL}-v1' }\n",
  );
  expect(load(text, { PEER: "http://peer:8000/v1", MODEL: "small" }).definition.suts).toMatchObject([
    { url: "http://peer:8000/v1", models: { base: "small-v1" } },
  ]);
  expect(problems(text)).toEqual([
    "8: suts.0.url names the environment variable PEER, which is not set",
    "9: suts.0.models.base names the environment variable MODEL, which is not set",
  ]);
});

test("no secret gets into a definition: settings keep the variable's name, and the server gets its value", () => {
  const text = foreign("  - kind: hum-helix\n    settings: { http: { api_key: '$" + "{KEY}' } }\n");
  const [sut] = load(text, { KEY: "hush-hush" }).definition.suts;
  if (sut?.kind !== "hum-helix") throw new Error("another kind");
  expect(JSON.stringify(sut)).not.toContain("hush");
  expect(expandSettings(sut.settings, { KEY: "hush-hush" })).toEqual({ http: { api_key: "hush-hush" } });
  expect(problems(text)).toEqual([
    "7: suts.0.settings.http.api_key names the environment variable KEY, which is not set",
  ]);
});

test.each([
  ["settings: { http: { api_key: hush-hush } }", "suts.0.settings.http.api_key holds a secret"],
  ["settings: { events: { redis: { url: 'redis://:hush@bus' } } }", "suts.0.settings.events.redis.url holds a secret"],
  ["url: http://me:hush@host", "suts.0.url has a user or password; it must be a plain base URL"],
  ["url: http://host/?key=hush", "suts.0.url has a query; it must be a plain base URL"],
  ["url: http://host\n    settings: { model: base }", "suts.0.settings are of a server that the harness starts"],
])("a SUT with %s is refused", (fields, told) => {
  expect(problems(foreign(`  - kind: hum-helix\n    ${fields}\n`))).toEqual([expect.stringContaining(told)]);
});

test("a parameter that a SUT is told is not fixed as well", () => {
  const sut =
    "  - { kind: openai-http, name: peer, url: http://peer, supports: [beam_size], fixed: { beam_size: 5 } }\n";
  expect(problems(foreign(sut))).toEqual([
    "6: suts.0.fixed.beam_size cannot be told to it, but supports names beam_size; leave one of them out",
  ]);
});

test("a server that runs cannot be started anew for each trial", () => {
  const text = `${foreign("  - { kind: openai-http, name: peer, url: http://peer }\n")}protocol: { isolation: fresh-process }\n`;
  expect(problems(text)).toEqual([expect.stringContaining("but suts.0.url names a server that runs, and no trial")]);
});

test("every definition that ships can be loaded", () => {
  const folder = join(checkoutRoot, "configs/bench");
  const env = new Proxy<Record<string, string>>({}, { get: () => "http://127.0.0.1:1/v1" });
  const shipped = readdirSync(folder).filter((name) => name.endsWith(".yaml"));
  expect(shipped).toContain("smoke.yaml");
  for (const name of shipped) {
    const { definition } = loadDefinition(join(folder, name), { env, metrics: metricNames });
    expect(`${definition.name}.yaml`).toBe(name);
  }
});
