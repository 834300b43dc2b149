import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { parseAllDocuments } from "yaml";
import { readResults } from "../../src/bench/results/reader.ts";
import type { BenchmarkView } from "../../src/bench/service.ts";
import { exportContract } from "../../src/events/contract/contract.ts";
import { type CloudEvent, nameOf } from "../../src/events/envelope.ts";
import { tailEvents } from "../../src/events/tail.ts";
import { writeDefinition } from "../bench-definition.ts";
import { living, treeOf } from "./bench-run-rig.ts";
import { type CliRun, fakeNode, spawnCli, stopGraceMs } from "./cli-rig.ts";

const directory = mkdtempSync(join(tmpdir(), "hum-bench-node-"));
const [definitions, results] = [join(directory, "definitions"), join(directory, "results")];
const key = "a-long-enough-key";
const headers = { authorization: `Bearer ${key}` };
const node: { run: CliRun | null; url: string; redis: string } = { run: null, url: "", redis: "" };

/** On what remains of an earlier life. */
async function startNode(): Promise<void> {
  const env = {
    ...fakeNode(directory),
    HUM_API_KEY: key,
    HUM_BENCH_DEFINITIONS: definitions,
    HUM_BENCH_RESULTS: results,
  };
  const run = spawnCli(["serve", "--json"], { env });
  node.run = run;
  await vi.waitFor(() => expect(run.out).toHaveLength(1), { timeout: 25_000 });
  const { url, redis_url } = JSON.parse(run.out[0] ?? "") as { url: string; redis_url: string };
  Object.assign(node, { url, redis: redis_url });
}

const stopNode = async () => void (await node.run?.child.stop(stopGraceMs));

/** Of the node itself, for which nothing has to be started, or of a server that the node starts. */
function define(name: string, { model, trials, own = false }: { model: string; trials: number; own?: boolean }): void {
  writeDefinition(definitions, {
    name,
    suts: [own ? { kind: "hum-helix" } : { kind: "hum-helix", url: node.url, api_key_env: "HUM_API_KEY" }],
    matrix: { model: [model] },
    protocol: { min_trials: trials, warmup: 1 },
    capture: [],
  });
}

beforeAll(async () => {
  mkdirSync(definitions);
  await startNode();
}, 30_000);

afterAll(async () => {
  await stopNode();
  rmSync(directory, { recursive: true });
}, 30_000);

const call = (path: string, init: RequestInit = {}) =>
  fetch(`${node.url}/v1/benchmarks${path}`, { ...init, headers: { ...headers, ...init.headers } });
const start = (definition: unknown) => call("", { method: "POST", body: JSON.stringify({ definition }) });
const viewOf = async (response: Response) => (await response.json()) as BenchmarkView;
const refused = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return [response.status, error.code, error.message];
};

/** Names and data of a run's server-sent events, until its end. */
async function follow(runId: string, onEvent: (name: string) => void = () => undefined) {
  const response = await call(`/${runId}`, { headers: { accept: "text/event-stream" } });
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const seen: { name: string; data: Record<string, unknown> }[] = [];
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of response.body ?? []) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const [, name = "", data = "null"] = /^event: (\w+)\ndata: (.*)$/.exec(part) ?? [];
      if (name === "") continue;
      seen.push({ name, data: JSON.parse(data) as Record<string, unknown> });
      onEvent(name);
    }
  }
  return seen;
}

test("nothing is told or started without the key, and nothing but a definition's name can be asked for", async () => {
  for (const [method, path] of [
    ["GET", ""],
    ["POST", ""],
    ["GET", "/x"],
    ["GET", "/x/results"],
    ["DELETE", "/x"],
  ] as const)
    expect((await fetch(`${node.url}/v1/benchmarks${path}`, { method })).status, `${method} ${path}`).toBe(401);
  define("smoke", { model: "fake:echo", trials: 1 });
  writeFileSync(join(directory, "outside.yaml"), readFileSync(join(definitions, "smoke.yaml")));
  expect(await refused(await start("smoek"))).toEqual([
    404,
    "not_found",
    'there is no benchmark definition "smoek"; did you mean smoke?',
  ]);
  for (const name of ["../outside", join(directory, "outside"), "smoke.yaml", "./smoke", "..%2foutside"])
    expect(await refused(await start(name)), name).toEqual([404, "not_found", expect.any(String)]);
  for (const body of [
    { definition: "smoke", out: "/tmp" },
    { definition: { name: "x" } },
    { definition: "" },
    "smoke",
    null,
  ])
    expect(await refused(await call("", { method: "POST", body: JSON.stringify(body) }))).toEqual([
      400,
      "bad_request",
      expect.any(String),
    ]);
  writeFileSync(join(definitions, "broken.yaml"), "name: broken\n");
  const broken = await refused(await start("broken"));
  expect(broken).toEqual([400, "bad_request", expect.stringMatching(/broken\.yaml:1: /)]);
  for (const path of ["/x", "/x/results", "/..%2Foutside/results", "/%00"])
    expect(await refused(await call(path)), path).toEqual([
      404,
      "not_found",
      expect.stringMatching(/no benchmark run/),
    ]);
  expect(await refused(await call("/x", { method: "DELETE" }))).toEqual([404, "not_found", expect.any(String)]);
  expect(await (await call("")).json()).toEqual({ object: "list", definitions: ["broken", "smoke"], data: [] });
});

/** Of one run, as the contract says, without a field more. */
function checkEvents(events: readonly CloudEvent[]): void {
  const contract = exportContract("closed");
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: fullFormats, keywords: ["x-extensible-enum"] });
  const ofEnvelope = ajv.compile(contract.envelope);
  for (const event of events) {
    const ofData = ajv.compile(contract.events[nameOf(event.type)]?.data ?? false);
    expect([ofEnvelope(event), ofEnvelope.errors, ofData(event.data), ofData.errors]).toEqual([true, null, true, null]);
  }
}

test("a run can be followed from its start, by whoever comes, to its end, and its events reach HTTP and Redis in order", async () => {
  define("quick", { model: "fake:slow=0.2", trials: 4 });
  const started = await start("quick");
  const view = await viewOf(started);
  expect(started.status).toBe(202);
  expect(started.headers.get("location")).toBe(`/v1/benchmarks/${view.run_id}`);
  expect(view).toMatchObject({ name: "quick", status: "running", exit_code: null, error: null });
  const again = await refused(await start("smoke"));
  expect(again).toEqual([503, "overloaded", expect.stringContaining(`a benchmark runs already (${view.run_id})`)]);

  // One that leaves in the middle, one that stays, and one that comes when something has been done.
  const leaver = new AbortController();
  const left = call(`/${view.run_id}?stream=true`, { signal: leaver.signal }).then(async (response) => {
    await response.body?.getReader().read();
    leaver.abort();
  });
  const late = Promise.withResolvers<ReturnType<typeof follow>>();
  const partial = Promise.withResolvers<string>();
  const seen = await follow(view.run_id, (name) => {
    if (name !== "trial") return;
    late.resolve(follow(view.run_id));
    partial.resolve(call(`/${view.run_id}/results`).then((response) => response.text()));
  });
  await left;
  const trials = seen.filter(({ name, data }) => name === "trial" && data.warmup === false);
  expect(trials).toHaveLength(4);
  expect(trials[0]?.data).toMatchObject({ run_id: view.run_id, status: "ok", timing: expect.any(Object) });
  expect(Object.keys(trials[0]?.data ?? {})).not.toContain("output");
  const progress = seen
    .filter(({ name }) => name === "progress")
    .map(({ data }) => (data as object as BenchmarkView).progress);
  expect(progress).toContainEqual(
    expect.objectContaining({ step: "trial", trials: expect.objectContaining({ done: 3, planned: 4 }) }),
  );
  const end = { ...view, status: "complete", progress: null, exit_code: 0 };
  expect(seen.at(-1)).toEqual({ name: "end", data: end });
  expect(seen.filter(({ name }) => name === "end")).toHaveLength(1);
  const others = await late.promise.then((following) => following);
  expect(others[0]).toMatchObject({ name: "progress", data: { status: "running" } });
  expect(others.at(-1)).toEqual({ name: "end", data: end });
  expect(await follow(view.run_id)).toEqual([{ name: "end", data: end }]);
  expect(await viewOf(await call(`/${view.run_id}`))).toEqual(end);
  expect(((await (await call("")).json()) as { data: unknown }).data).toEqual([end]);

  const download = await call(`/${view.run_id}/results`);
  const [file = ""] = readdirSync(results).filter((name) => name.endsWith(".db.yaml"));
  expect(download.headers.get("content-type")).toBe("application/yaml");
  expect(download.headers.get("content-disposition")).toBe(`attachment; filename="${file}"`);
  const text = await download.text();
  expect(text).toBe(readFileSync(join(results, file), "utf8"));
  // While it was written, a client got a beginning of it.
  expect(text.startsWith(await partial.promise)).toBe(true);
  expect((await partial.promise).length).toBeLessThan(text.length);
  const kinds = parseAllDocuments(text).map((document) => (document.toJS() as { kind: string }).kind);
  expect(kinds).toEqual(["run", ...Array(5).fill("trial"), "run-end"]);

  const names = ["benchmark.run.started", ...Array(4).fill("benchmark.trial.completed"), "benchmark.run.completed"];
  const page = await fetch(`${node.url}/v1/events?type=benchmark.*`, { headers });
  const kept = ((await page.json()) as { data: CloudEvent[] }).data;
  expect(kept.map(({ type }) => nameOf(type))).toEqual(names);
  checkEvents(kept);
  expect(kept[0]?.data).toMatchObject({ run_id: view.run_id, config: "quick", trials: 4 });
  expect(kept[1]?.data).toMatchObject({
    config: "hum-helix",
    status: "ok",
    item: "test/silence-1",
    rtfx: expect.any(Number),
  });
  expect(kept.at(-1)?.data).toMatchObject({ config: "quick", status: "complete", trials: 4, exit_code: 0 });
  const published: CloudEvent[] = [];
  const enough = new AbortController();
  for await (const event of tailEvents({ url: node.redis, from: "start", signal: enough.signal })) {
    if (event.source.endsWith("/benchmark")) published.push(event);
    if (nameOf(event.type) === "benchmark.run.completed") enough.abort();
  }
  expect(published).toEqual(kept);
  expect(published.map(({ sequence }) => Number(sequence))).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a run that is ended by its id can be taken up by its name, under the id that it had", async () => {
  define("long", { model: "fake:slow=0.2", trials: 60, own: true });
  const { run_id } = await viewOf(await start("long"));
  const ended = Promise.withResolvers<BenchmarkView>();
  const seen = await follow(run_id, (name) => {
    if (name === "trial") ended.resolve(call(`/${run_id}`, { method: "DELETE" }).then(viewOf));
  });
  expect(await ended.promise).toMatchObject({ run_id, status: "interrupted", progress: null, exit_code: null });
  expect(seen.at(-1)).toMatchObject({ name: "end", data: { status: "interrupted" } });
  expect(await viewOf(await call(`/${run_id}`, { method: "DELETE" }))).toMatchObject({ status: "interrupted" });
  const again = await viewOf(await start("long"));
  expect(again).toMatchObject({ run_id, status: "running" });
});

test("a node that stops ends its run cleanly, and in its next life the run is found, fetched and taken up", async () => {
  const { data } = (await (await call("")).json()) as { data: BenchmarkView[] };
  const running = data.find(({ status }) => status === "running");
  if (running === undefined) throw new Error("the last test left no run");
  const { run_id } = running;
  await vi.waitFor(async () => {
    const { progress } = await viewOf(await call(`/${run_id}`));
    expect(progress?.trials.done).toBeGreaterThan(0);
  });
  // Its own bus, decoder and engine, and a server with as many.
  const tree = treeOf(node.run?.child.pid);
  expect(tree.length).toBeGreaterThanOrEqual(8);
  const followed = Promise.withResolvers<void>();
  const stream = follow(run_id, () => followed.resolve());
  await followed.promise;
  await stopNode();
  expect((await stream).at(-1)?.data.status).not.toBe("complete");
  expect(living(tree)).toEqual([]);
  const file = readdirSync(results).find((name) => name.includes(run_id.slice(0, 8)) && name.endsWith(".db.yaml"));
  const left = await readResults(join(results, file ?? ""));
  expect(left).toMatchObject({ incomplete: false, end: { status: "interrupted", session: 1 } });

  await startNode();
  const found = { ...running, status: "interrupted", progress: null };
  const listed = ((await (await call("")).json()) as { data: BenchmarkView[] }).data;
  expect(listed.map(({ name, status }) => [name, status])).toEqual([
    ["long", "interrupted"],
    ["quick", "complete"],
  ]);
  expect(listed[0]).toEqual(found);
  expect(await viewOf(await call(`/${run_id}`))).toEqual(found);
  expect(await follow(run_id)).toEqual([{ name: "end", data: found }]);
  expect(await (await call(`/${run_id}/results`)).text()).toBe(readFileSync(left.file, "utf8"));
  expect(existsSync(`${left.file}.sha256`)).toBe(false);
  const page = await fetch(`${node.url}/v1/events?type=benchmark.run.completed`, { headers });
  const ends = ((await page.json()) as { data: CloudEvent[] }).data.map(
    (event) => (event.data as { status: string }).status,
  );
  expect(ends).toEqual(["complete", "interrupted", "interrupted"]);
});
