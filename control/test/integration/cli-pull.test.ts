/** `models pull` against a hub of the test's own, by the real client of the real one. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contentsOf, makeDirectory, runCli, startCli } from "./cli-rig.ts";
import { catalogueOf, gitHash, type HubFile, openHub, repository, revision, sha256 } from "./hub-rig.ts";

const megabyte = 1 << 20;
const weights = Buffer.alloc(6 * megabyte, "weights ");
const config = Buffer.from('{"a": 1}');

const listed = {
  "model.bin": { bytes: weights.length, sha256: sha256(weights) },
  "config.json": { bytes: config.length, sha256: sha256(config) },
};

async function setup(file: Partial<HubFile> = {}, facts: Record<string, { bytes?: number; sha256?: string }> = listed) {
  const hub = await openHub({
    "model.bin": { bytes: weights, ...file },
    "config.json": { bytes: config, etag: gitHash(config) },
    "README.md": { bytes: Buffer.from("not listed") },
  });
  return { hub, ...catalogueOf(hub, facts) };
}

const pull = ["models", "pull", "small"];

test("a model comes from the hub at its revision, only what is listed, and the second pull asks nobody", async () => {
  const { hub, models, env } = await setup();
  const first = await runCli(pull, { env });
  expect(first).toMatchObject({ code: 0, out: ["model small is installed and verified (6 MB)"] });
  expect(first.err).toContain("downloading model small (6 MB)");
  expect(readFileSync(join(models, "small", "model.bin"))).toEqual(weights);
  expect(contentsOf(models)).toEqual(["small"]);
  const paths = new Set(hub.asked.map(({ path }) => path));
  expect([...paths].toSorted()).toEqual(
    ["config.json", "model.bin"].map((name) => `/${repository}/resolve/${revision}/${name}`),
  );
  await hub.stop();
  expect(await runCli(["models", "pull", "mini"], { env })).toEqual({
    code: 0,
    out: ["model small is installed"],
    err: [],
  });
  const list = await runCli(["models", "list", "--json"], { env });
  expect(JSON.parse(list.out[0] ?? "")).toMatchObject([
    {
      name: "small",
      installed: true,
      source: "hub",
      from: repository,
      revision,
      bytes: weights.length + config.length,
    },
  ]);
});

test("--json tells the way and the end in lines", async () => {
  const { models, env } = await setup();
  const { code, out } = await runCli([...pull, "--json"], { env });
  const lines = out.map((line) => JSON.parse(line) as Record<string, unknown>);
  const total = weights.length + config.length;
  expect(code).toBe(0);
  expect(lines[0]).toEqual({ name: "small", action: "downloading", done_bytes: 0, total_bytes: total });
  expect(lines.at(-1)).toEqual({ name: "small", action: "installed", path: join(models, "small"), bytes: total });
});

test("without a name nothing is fetched from the hub", async () => {
  const { hub, models, env } = await setup();
  expect(await runCli(["models", "pull"], { env })).toEqual({ code: 0, out: [], err: [] });
  expect(hub.asked).toEqual([]);
  expect(contentsOf(models)).toEqual([]);
});

test("what the hub lists otherwise than the catalogue is refused before a byte of it is fetched", async () => {
  const { hub, models, env } = await setup({}, { "model.bin": { sha256: "f".repeat(64) } });
  const { code, err } = await runCli(pull, { env });
  expect({ code, last: err.at(-1) }).toEqual({
    code: 1,
    last: `hum-helix models pull: small/model.bin has sha256 ${sha256(weights)} on the hub, but the catalogue lists ${"f".repeat(64)}`,
  });
  expect(hub.asked.map(({ method }) => method)).toEqual(["HEAD"]);
  expect(contentsOf(models)).toEqual([]);
});

test("wrong bytes are refused with their hash, whatever the hub says of them, and leave nothing", async () => {
  const wrong = Buffer.alloc(weights.length, "w");
  const { models, env } = await setup({ bytes: wrong, etag: sha256(weights) });
  const { code, err } = await runCli(pull, { env });
  expect(code).toBe(1);
  expect(err.at(-1)).toContain(`small/model.bin has sha256 ${sha256(wrong)} (${wrong.length} bytes), but must have`);
  expect(contentsOf(models)).toEqual([]);
});

test("files without a listed hash are held to the hub's own for the revision, and doctor to what was installed", async () => {
  const unlisted = { "model.bin": {}, "config.json": {} };
  const bad = await setup({ etag: sha256("other weights") }, unlisted);
  expect((await runCli(pull, { env: bad.env })).err.at(-1)).toContain(
    `small/model.bin has the hash ${sha256(weights)}, but the hub's for this revision is`,
  );
  expect(contentsOf(bad.models)).toEqual([]);

  const { models, env } = await setup({}, unlisted);
  expect(await runCli(pull, { env })).toMatchObject({ code: 0 });
  const findings = async () => {
    const { out } = await runCli(["doctor", "--json"], { env: { ...env, HUM_DATA_DIR: makeDirectory() } });
    const found = JSON.parse(out[0] ?? "") as { name: string; state: string; detail: string }[];
    return found.find(({ name }) => name === "model small");
  };
  expect(await findings()).toMatchObject({ state: "ok", detail: "installed, every file verified (default)" });
  writeFileSync(join(models, "small", "model.bin"), Buffer.alloc(weights.length, "rotten"));
  expect(await findings()).toMatchObject({ state: "fail", detail: expect.stringContaining("model.bin has sha256") });
});

test.each([
  ["goes on where it was", false],
  ["begins anew where the hub cannot go on", true],
])("a connection that is cut %s", async (_, ignoresRange) => {
  const { hub, models, env } = await setup({ cutAfter: 3 * megabyte, ignoresRange });
  expect(await runCli(pull, { env })).toMatchObject({ code: 0 });
  expect(readFileSync(join(models, "small", "model.bin"))).toEqual(weights);
  const ranges = hub.asked.flatMap(({ range }) => (range === undefined ? [] : [Number(/\d+/.exec(range)?.[0])]));
  expect(ranges).toHaveLength(1);
  expect(ranges[0]).toBeGreaterThanOrEqual(2 * megabyte);
});

test.each(["SIGINT", "SIGKILL"] as const)("a pull that %s ended goes on where it was", async (signal) => {
  const { hub, models, env } = await setup({ stallsAfter: 4 * megabyte });
  const run = startCli([...pull, "--json"], { env });
  const done = () => {
    const lines = run.out.map((line) => JSON.parse(line) as { done_bytes?: number });
    return Math.max(0, ...lines.map(({ done_bytes = 0 }) => done_bytes));
  };
  await expect.poll(done, { timeout: 15_000 }).toBeGreaterThanOrEqual(3 * megabyte);
  run.child.kill(signal);
  expect(await run.result).toMatchObject({ code: signal === "SIGINT" ? 130 : null });
  expect(contentsOf(models)).toEqual([".pull/small"]);

  expect(await runCli(pull, { env })).toMatchObject({ code: 0 });
  const range = hub.asked.at(-2)?.range ?? hub.asked.at(-1)?.range;
  expect(Number(/\d+/.exec(range ?? "")?.[0])).toBeGreaterThanOrEqual(3 * megabyte);
  expect(readFileSync(join(models, "small", "model.bin"))).toEqual(weights);
  expect(contentsOf(models)).toEqual(["small"]);
});

test("two pulls at once of the same model are one download", async () => {
  const { hub, models, env } = await setup();
  const both = await Promise.all([runCli(pull, { env }), runCli(pull, { env })]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(hub.asked.filter(({ method, path }) => method === "GET" && path.endsWith("model.bin"))).toHaveLength(1);
  expect(contentsOf(models)).toEqual(["small"]);
});

test("a token goes to the hub, and not to the host that the hub leads to", async () => {
  const { hub, env } = await setup({ elsewhere: true, cutAfter: 2 * megabyte });
  expect(await runCli(pull, { env: { ...env, HF_TOKEN: "hf_secret" } })).toMatchObject({ code: 0 });
  const ours = hub.asked.filter(({ path }) => !path.startsWith("/blobs/"));
  expect(new Set(ours.map(({ authorization }) => authorization))).toEqual(new Set(["Bearer hf_secret"]));
  const theirs = hub.asked.filter(({ path }) => path.startsWith("/blobs/"));
  expect(theirs.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
  expect(theirs.map(({ range }) => range !== undefined)).toEqual([false, true]);
});

test.each([
  [401, undefined, /refuses someone\/fake-whisper \(401\): .*set HF_TOKEN to a token that may read it/],
  [404, "RevisionNotFound", /has no revision c{40} of someone\/fake-whisper \(404\); correct the hub section of small/],
])("a hub that answers %d is told with what would be right", async (status, code, message) => {
  const { hub, models, env } = await setup();
  hub.refuse = { status, ...(code === undefined ? {} : { code }) };
  const result = await runCli(pull, { env });
  expect(result).toMatchObject({ code: 1, out: [] });
  expect(result.err.at(-1)).toMatch(message);
  expect(contentsOf(models)).toEqual([]);
});

test("a hub that is not there, or that must not be asked, is told as that", async () => {
  const { hub, env } = await setup();
  const forbidden = await runCli(pull, { env: { ...env, HF_HUB_OFFLINE: "1" } });
  expect(forbidden.err.at(-1)).toContain("HF_HUB_OFFLINE forbids it; unset it");
  expect(hub.asked).toEqual([]);
  await hub.stop();
  const { code, err } = await runCli(pull, { env });
  expect(code).toBe(1);
  expect(err.at(-1)).toMatch(/http:\/\/127\.0\.0\.1:\d+ cannot be reached, or broke off: .*HF_ENDPOINT to a mirror/);
});

test("a model that does not fit on the disk is refused with how much is missing", async () => {
  const huge = 8e15;
  const { hub, models, env } = await setup({ size: huge, elsewhere: true }, { "model.bin": { bytes: huge } });
  const { code, err } = await runCli(pull, { env });
  expect(code).toBe(1);
  expect(err.at(-1)).toMatch(/8000000\.0 GB are needed on the disk of .*, but .* are free: free another .* GB, or set/);
  expect(hub.asked.map(({ method }) => method)).toEqual(["HEAD"]);
  expect(contentsOf(models)).toEqual([]);
});

test("an unknown name is refused with what may be meant, and nobody is asked", async () => {
  const { hub, env } = await setup();
  expect(await runCli(["models", "pull", "smal"], { env })).toEqual({
    code: 1,
    out: [],
    err: ['hum-helix models pull: there is no model "smal"; did you mean small? (known: small)'],
  });
  expect(hub.asked).toEqual([]);
});

test("a model that needs no pulling says where it is", async () => {
  const directory = makeDirectory();
  const rest = "languages: [en], translates: false, aliases: []";
  const catalogue = join(directory, "models.yaml");
  writeFileSync(
    catalogue,
    `models:
  sphinx: { engine: pocketsphinx, ${rest}, wheel: { package: pocketsphinx, version: 5.1.1 } }
  mine: { engine: faster-whisper, ${rest}, directory: mine }
  gone: { engine: faster-whisper, ${rest}, directory: gone }
`,
  );
  mkdirSync(join(directory, "mine"));
  writeFileSync(join(directory, "mine", "model.bin"), weights);
  const env = { HUM_CATALOGUE: catalogue, HUM_MODEL: "mine", HUM_MODEL_DIR: join(directory, "models") };
  expect(await runCli(["models", "pull", "sphinx", "mine"], { env })).toEqual({
    code: 0,
    out: [
      "model sphinx comes with the package pocketsphinx 5.1.1; there is nothing to pull",
      `model mine lies in ${join(directory, "mine")}; there is nothing to pull`,
    ],
    err: [],
  });
  expect((await runCli(["models", "pull", "gone"], { env })).err).toEqual([
    `hum-helix models pull: model gone lies in ${join(directory, "gone")}, which holds no model.bin`,
  ]);
  expect((await runCli(["models", "list"], { env })).out).toEqual([
    "MODEL           INSTALLED  SIZE  LANGUAGES  FROM",
    "sphinx          yes        -     en         pocketsphinx 5.1.1",
    `mine (default)  yes        6 MB  en         ${join(directory, "mine")}`,
    `gone            no         -     en         ${join(directory, "gone")}`,
  ]);
});
