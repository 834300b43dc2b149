/** Results are pulled from a host by ssh and rsync, verified, whatever the host is doing with them meanwhile. */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from "vitest";
import { type SyncedFile, syncResults } from "../../src/bench/remote/sync.ts";
import { writeChecksum } from "../../src/bench/results/checksum.ts";
import { formatDocument } from "../../src/bench/results/format.ts";
import { readResults } from "../../src/bench/results/reader.ts";
import { resultName } from "../../src/bench/results/writer.ts";
import { userEnvironment } from "../../src/platform/child-environment.ts";
import { makeEnd, makeRun, makeTrial } from "../bench-records.ts";
import { runCli } from "../integration/cli-rig.ts";
import { type Sshd, startSshd } from "../sshd.ts";

let root: string;
let sshd: Sshd;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "hum-sync-"));
  sshd = await startSshd(join(root, "ssh"));
});
afterAll(async () => {
  await sshd.stop();
  rmSync(root, { recursive: true });
});

/** Of the host, and of this machine. */
let there: string;
let here: string;
beforeEach(() => {
  const directory = mkdtempSync(join(root, "test-"));
  [there, here] = [join(directory, "there"), join(directory, "here")];
  mkdirSync(there);
});

const name = resultName(makeRun());
const [head, end] = [formatDocument(makeRun()), formatDocument(makeEnd({ trials: 2 }))];
const trial = (index: number, text = "") =>
  formatDocument(
    makeTrial({ trial_id: String(index).padStart(16, "0"), output: { text, language: null, segments: null } }),
  );
const read = (directory: string) => readFileSync(join(directory, name), "utf8");

async function writeComplete(): Promise<void> {
  writeFileSync(join(there, name), head + trial(1) + trial(2) + end);
  await writeChecksum(join(there, name));
}

function sync(ssh: readonly string[] = sshd.ssh): Promise<SyncedFile[]> {
  return syncResults({
    remote: {
      address: { destination: `${sshd.user}@127.0.0.1`, port: sshd.port },
      ssh,
      env: userEnvironment(process.env),
      signal: new AbortController().signal,
    },
    directory: there,
    into: here,
    onProgress: () => undefined,
  });
}

const asked = () => ({
  env: { BENCH_HOST: `ssh://${sshd.user}@127.0.0.1:${sshd.port}`, BENCH_DIR: there, BENCH_SSH: sshd.ssh.join(" ") },
});

test("a complete run comes with its checksum, and stays as it is from then on", async () => {
  await writeComplete();
  expect(await sync()).toMatchObject([{ name, status: "complete", trials: 2, action: "new", problem: null }]);
  expect(read(here)).toBe(read(there));
  expect(readFileSync(join(here, `${name}.sha256`), "utf8")).toBe(readFileSync(join(there, `${name}.sha256`), "utf8"));
  expect(await sync()).toMatchObject([{ name, status: "complete", action: "unchanged", problem: null }]);
});

test("the command says what came, and ends with 0", async () => {
  await writeComplete();
  writeFileSync(join(there, "benchmark-20261125T000000Z-fedcba98.db.yaml"), formatDocument(makeRun()));
  writeFileSync(join(there, "notes.txt"), "");
  const { code, out, err } = await runCli(["bench", "sync", "--out", here], asked());
  expect({ code, err }).toEqual({ code: 0, err: [] });
  expect(out[1]).toMatch(/^benchmark-20261124T180102Z-0123abcd\.db\.yaml +complete +2 +new$/);
  expect(out[2]).toMatch(/^benchmark-20261125T000000Z-fedcba98\.db\.yaml +no end yet, written to \d+ s ago +0 +new$/);
  expect(out[3]).toBe(
    `2 of 2 results of ${sshd.user}@127.0.0.1:${sshd.port} lie verified in ${here}, 1 of them complete`,
  );
  expect(existsSync(join(here, "notes.txt"))).toBe(false);
});

test("while a run is writing, every copy is a verified beginning of it, and the last one is all of it", async () => {
  writeFileSync(join(there, name), head);
  const text = "word ".repeat(200);
  const writing = new AbortController();
  let written = 0;
  async function write(): Promise<void> {
    // In pieces, so that copies end within documents.
    while (!writing.signal.aborted) {
      const document = trial(written, text);
      const middle = document.length >> 1;
      appendFileSync(join(there, name), document.slice(0, middle));
      await delay(1);
      appendFileSync(join(there, name), document.slice(middle));
      written += 1;
      await delay(1);
    }
    appendFileSync(join(there, name), end);
    await writeChecksum(join(there, name));
  }
  const writer = write();
  let before = "";
  for (let round = 0; round < 3; round += 1) {
    const [file] = await sync();
    expect(file).toMatchObject({ status: "open", problem: null });
    const copy = read(here);
    expect(copy.length).toBeGreaterThan(before.length);
    expect(copy.startsWith(before)).toBe(true);
    expect((await readResults(join(here, name))).trials.length).toBeGreaterThan(0);
    before = copy;
  }
  writing.abort();
  await writer;
  expect(read(there).startsWith(before)).toBe(true);
  expect(await sync()).toMatchObject([{ status: "complete", action: "grown", problem: null }]);
  expect(read(here)).toBe(read(there));
});

test("what was torn at the end of a copy gives way to what the run went on with", async () => {
  writeFileSync(join(there, name), head + trial(1) + trial(2).slice(0, 90));
  expect(await sync()).toMatchObject([{ status: "open", action: "new" }]);
  writeFileSync(join(there, name), head + trial(1) + formatDocument(makeRun({ session: 1 })) + trial(3) + end);
  expect(await sync()).toMatchObject([{ status: "complete", action: "grown", problem: null }]);
  expect(read(here)).toBe(read(there));
});

test("what knows more here than there is kept, and told", async () => {
  await writeComplete();
  await sync();
  const complete = read(here);
  truncateSync(join(there, name), head.length + 10);
  const { code, out } = await runCli(["bench", "sync", "--out", here], asked());
  expect({ code, kept: read(here) === complete }).toEqual({ code: 1, kept: true });
  expect(out).toContainEqual(expect.stringMatching(/^benchmark-.*: the one on .* is shorter \(\d+ bytes, here \d+\)/));

  writeFileSync(join(there, name), complete.replace("complete", "corrupts"));
  expect(await sync()).toMatchObject([{ action: "kept", problem: expect.stringContaining("differs") }]);
  expect(read(here)).toBe(complete);
});

test("an unfinished copy that the host's file does not go on from is kept, and told", async () => {
  writeFileSync(join(there, name), head + trial(1));
  await sync();
  writeFileSync(join(there, name), head + trial(2) + end);
  expect(await sync()).toMatchObject([{ status: "open", action: "kept", problem: expect.stringContaining("differs") }]);
  writeFileSync(join(there, name), head);
  expect(await sync()).toMatchObject([{ status: "open", action: "kept", problem: expect.stringContaining("shorter") }]);
  expect(read(here)).toBe(head + trial(1));
});

test("a complete run whose content is not what its harness wrote is refused", async () => {
  await writeComplete();
  writeFileSync(join(there, name), read(there).replace("complete", "Complete"));
  expect(await sync()).toMatchObject([{ action: "kept", problem: expect.stringContaining(".sha256") }]);
  expect(existsSync(join(here, name))).toBe(false);
});

test("a pull that was cut off goes on, and leaves nothing but results", async () => {
  await writeComplete();
  const staging = join(here, ".sync", `${sshd.user}_127.0.0.1_${sshd.port}`);
  mkdirSync(staging, { recursive: true });
  writeFileSync(join(staging, name), read(there).slice(0, 700));
  expect(await sync()).toMatchObject([{ status: "complete", action: "new", problem: null }]);
  expect(readdirSync(here).filter((file) => !file.startsWith("."))).toEqual([name, `${name}.sha256`]);
  expect(existsSync(staging)).toBe(false);
});

test("a host without results, without the directory, or that lets nobody in is told as that", async () => {
  const { code, out } = await runCli(["bench", "sync", "--out", here], asked());
  expect({ code, out }).toEqual({
    code: 0,
    out: [`${sshd.user}@127.0.0.1:${sshd.port} has no results in ${there} yet`],
  });
  rmSync(there, { recursive: true });
  await expect(sync()).rejects.toThrow(`has no directory ${there}; run make bench there first`);
  await expect(sync([...sshd.ssh, "-o", "PubkeyAuthentication=no"])).rejects.toThrow(
    /cannot be reached by ssh: .*Permission denied/,
  );
  const stopped = await startSshd(join(root, "stopped"));
  await stopped.stop();
  const refused = await runCli(["bench", "sync", `ssh://me@127.0.0.1:${stopped.port}`, "--out", here]);
  expect(refused).toMatchObject({ code: 1, out: [] });
  expect(refused.err.join("\n")).toMatch(
    /cannot be reached by ssh: .*Connection refused; 'ssh -p \d+ me@127\.0\.0\.1 true' must work without a password/,
  );
});

test("two syncs from one host at a time are refused", async () => {
  await writeComplete();
  const settled = await Promise.allSettled([sync(), sync()]);
  expect(settled.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
});

test("without a host, the Docker context's is asked, and this machine's own is told to be here", async () => {
  const bin = join(here, "bin");
  mkdirSync(bin, { recursive: true });
  onTestFinished(() => rmSync(bin, { recursive: true }));
  const answer = (endpoint: string) => {
    const inspected = JSON.stringify([{ Name: "v1", Endpoints: { docker: { Host: endpoint } } }]);
    writeFileSync(join(bin, "docker"), `#!/bin/sh\n[ "$*" = "context inspect" ] && echo '${inspected}'\n`, {
      mode: 0o755,
    });
  };
  const env = { ...asked().env, BENCH_HOST: "", PATH: `${bin}:${process.env.PATH}` };
  await writeComplete();
  answer(`ssh://${sshd.user}@127.0.0.1:${sshd.port}`);
  expect(await runCli(["bench", "sync", "--out", here], { env })).toMatchObject({ code: 0, err: [] });
  expect(read(here)).toBe(read(there));
  answer("unix:///var/run/docker.sock");
  const { code, err } = await runCli(["bench", "sync", "--out", here], { env });
  expect(code).toBe(1);
  expect(err).toEqual([
    expect.stringMatching(/the Docker context v1 is this machine, whose results are here already; .*BENCH_HOST/),
  ]);
});
