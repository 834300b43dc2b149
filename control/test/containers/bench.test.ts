/** A benchmark on the engine of an ssh context: built there, run there, ended there, and its results brought here. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { readResults } from "../../src/bench/results/reader.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { runCli, startCli } from "../integration/cli-rig.ts";
import { type RemoteHost, startRemoteHost } from "./remote-host.ts";

let host: RemoteHost;
/** Where results come to; make brings them into results/, whose files others may be looking at. */
let here: string;
/** Of the checkout, since only what lies below configs travels. */
let definition: string;

beforeAll(async () => {
  here = mkdtempSync(join(tmpdir(), "hum-results-"));
  definition = join(checkoutRoot, "configs", "bench", `containers-test-${process.pid}.yaml`);
  host = await startRemoteHost();
}, 300_000);
afterEach(() => rmSync(definition, { force: true }));
afterAll(async () => {
  await host.stop();
  rmSync(here, { recursive: true });
}, 120_000);

const environment = () => ({ ...host.env, HUM_BENCH_RESULTS: here });
const make = (...args: string[]) =>
  runCli(["--no-print-directory", ...args], { command: "make", cwd: checkoutRoot, env: environment() });
const isResult = (name: string) => name.endsWith(".db.yaml");
const results = (directory: string) => readdirSync(directory).filter(isResult).toSorted();

function define({ trials, gate }: { trials: number; gate: string }): void {
  writeFileSync(
    definition,
    `schema: hum-helix/benchmark-definition@1
name: containers-test
workloads: [{ kind: audio, name: jfk, audio: ../samples/jfk.wav, text_file: ../samples/jfk.txt, language: en }]
suts: [{ kind: hum-helix }]
matrix: { model: [tiny.en] }
decoding: { compute_type: int8, workers: 1, language: en }
protocol: { warmup: 1, min_trials: ${trials} }
gates: [${gate}]
`,
  );
}

test("make bench builds the image there, and runs a benchmark whose results lie in that host's directory", async () => {
  define({ trials: 3, gate: "{ metric: wer, at_most: 0.2 }" });
  const { code, out, err } = await make("bench", `DEFINITION=${definition}`);
  expect(code, [...out, ...err].slice(-40).join("\n")).toBe(0);
  const [name = ""] = results(host.benchDir);
  const { run, end, trials } = await readResults(join(host.benchDir, name));
  expect(end).toMatchObject({ status: "complete" });
  expect(trials.filter(({ warmup, status }) => !warmup && status === "ok")).toHaveLength(3);
  // Neither root's nor unreadable for whoever pulls them, and of this code.
  const { uid, mode } = statSync(join(host.benchDir, name));
  expect([uid, mode & 0o777]).toEqual([10_001, 0o644]);
  expect(run.provenance.commit).toMatch(/^[0-9a-f]{40}$/);
  expect(run.environment).toMatchObject({
    container: true,
    host: await host.engine.docker("info", "--format", "{{.Name}}"),
  });
});

test("make sync-bench-results brings them here, verified", async () => {
  const { code, out, err } = await make("sync-bench-results");
  expect(code, [...out, ...err].join("\n")).toBe(0);
  const [name = ""] = results(host.benchDir);
  expect(readFileSync(join(here, name), "utf8")).toBe(readFileSync(join(host.benchDir, name), "utf8"));
  expect(out.at(-1)).toMatch(/^1 of 1 results of .* lie verified in .*, 1 of them complete$/);
});

test("a regression there ends the command here with the same code", async () => {
  define({ trials: 3, gate: "{ metric: rtfx, at_least: 1000000 }" });
  const { code, out } = await runCli(["bench", "up", definition], { env: environment() });
  expect(code, out.slice(-40).join("\n")).toBe(1);
  expect(out.join("\n")).toContain("Verdict: regression");
});

test("Ctrl-C leaves a valid run there, which is seen from here before and goes on afterwards", async () => {
  define({ trials: 12, gate: "{ metric: wer, at_most: 0.2 }" });
  const before = new Set(results(host.benchDir));
  const first = startCli(["bench", "up", definition], { env: environment() });
  const fresh = () => results(host.benchDir).find((name) => !before.has(name)) ?? "";
  const whole = async () => (await readResults(join(host.benchDir, fresh()))).trials.length;
  await vi.waitFor(async () => expect(await whole()).toBeGreaterThan(1), { timeout: 300_000, interval: 200 });

  const synced = await runCli(["bench", "sync", "--json"], { env: environment() });
  expect(synced.code).toBe(0);
  const { files } = JSON.parse(synced.out.join("")) as { files: { name: string; status: string }[] };
  expect(files.find(({ name }) => name === fresh())).toMatchObject({ status: "open", action: "new", problem: null });

  const second = await runCli(["bench", "up", definition], { env: environment() });
  expect(second).toMatchObject({ code: 4, out: [] });
  expect(second.err.at(-1)).toMatch(/a benchmark runs there already; see it with: docker logs --follow \w+/);

  first.child.kill("SIGINT");
  expect((await first.result).code).toBe(130);
  expect((await readResults(join(host.benchDir, fresh()))).end).toMatchObject({ status: "interrupted" });

  const again = await runCli(["bench", "up", definition], { env: environment() });
  expect(again.code, again.out.slice(-40).join("\n")).toBe(0);
  const { sessions, end, trials } = await readResults(join(host.benchDir, fresh()));
  expect({ sessions: sessions.length, end: end?.status }).toEqual({ sessions: 2, end: "complete" });
  expect(trials.filter(({ warmup, status }) => !warmup && status === "ok")).toHaveLength(12);
  expect((await runCli(["bench", "sync"], { env: environment() })).code).toBe(0);
  expect(results(here)).toEqual(results(host.benchDir));
});

test("on an engine of this machine, BENCH=docker leaves results here, which are the user's own", async () => {
  define({ trials: 3, gate: "{ metric: wer, at_most: 0.2 }" });
  const mine = join(here, "mine");
  const { BENCH_DIR: _, ...elsewhere } = host.env;
  const env = { ...elsewhere, BENCH: "docker", DOCKER_HOST: host.engine.endpoint, HUM_BENCH_RESULTS: mine };
  const { code, out } = await runCli(["bench", "up", definition], { env });
  expect(code, out.slice(-40).join("\n")).toBe(0);
  const [name = ""] = results(mine);
  expect((await readResults(join(mine, name))).end).toMatchObject({ status: "complete" });
  expect(statSync(join(mine, name)).uid).toBe(process.getuid?.());
});

test("a failure of Docker's is no verdict", async () => {
  define({ trials: 3, gate: "{ metric: wer, at_most: 0.2 }" });
  const upWith = (services: object) => {
    const override = join(here, "override.yaml");
    writeFileSync(override, JSON.stringify({ services }));
    const env = { ...environment(), COMPOSE_FILE: `${host.env.COMPOSE_FILE}:${override}` };
    return runCli(["bench", "up", definition], { env });
  };
  const unstarted = await upWith({ "bench-init": { entrypoint: ["false"] } });
  expect(unstarted.code, unstarted.err.slice(-20).join("\n")).toBe(4);
  expect(unstarted.err.at(-1)).toMatch(/the benchmark did not start there/);
  const unbuilt = await upWith({ bench: { build: { target: "absent" } } });
  expect(unbuilt.code).toBe(4);
  expect(unbuilt.err.at(-1)).toMatch(/the image cannot be built/);
});

test("what would not travel is refused before anything is built", async () => {
  const outside = join(here, basename(definition));
  writeFileSync(outside, "");
  const { code, err } = await runCli(["bench", "up", outside], { env: environment() });
  expect({ code, err }).toEqual({ code: 2, err: [expect.stringMatching(/would not be in the image; put it into/)] });
});
