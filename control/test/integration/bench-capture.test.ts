import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { environmentKey, readEnvironment } from "../../src/bench/capture/environment.ts";
import { readProvenance } from "../../src/bench/capture/provenance.ts";
import { createCapture } from "../../src/bench/capture/usage.ts";
import { environmentSchema, provenanceSchema } from "../../src/bench/results/record.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { fromPs, processTrees, secondsOf } from "../../src/platform/process-table.ts";

const env = process.env;
const mebibyte = 1024 * 1024;

/** A process whose child, at each line, burns so many milliseconds and holds so many bytes; it answers when it did. */
async function startFamily() {
  const child = `
    process.stdin.on("data", (line) => {
      const [ms, bytes] = String(line).split(" ").map(Number);
      const held = Buffer.alloc(bytes, 1);
      const usedMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000;
      const until = usedMs() + ms;
      while (usedMs() < until);
      process.stdout.write("done " + held.length + "\\n");
    });`;
  const parent = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(child)}], { stdio: "inherit" });`;
  const family = spawn(process.execPath, ["-e", parent], { stdio: ["pipe", "pipe", "inherit"] });
  onTestFinished(async () => {
    family.stdin.end();
    await once(family, "close");
  });
  const work = async (ms: number, bytes: number) => {
    family.stdin.write(`${ms} ${bytes}\n`);
    await once(family.stdout, "data");
  };
  await work(0, 1);
  return { pid: family.pid ?? 0, work };
}

test("a trial's processor time and highest memory are those of the whole tree", async () => {
  const { pid, work } = await startFamily();
  const capture = createCapture(["cpu", "rss"], { env });
  const first = capture.start([pid]);
  await work(300, 200 * mebibyte);
  const used = first.stop();
  expect(used.cpu_s).toBeGreaterThan(0.25);
  expect(used.cpu_s).toBeLessThan(2);
  expect(used.rss_peak_bytes).toBeGreaterThan(200 * mebibyte);
  expect(used).toMatchObject({ gpu_memory_peak_bytes: null, gpu_energy_j: null });
  // Only what was asked for, and only where there is something to see.
  expect(createCapture(["cpu"], { env }).start([pid]).stop().rss_peak_bytes).toBeNull();
  expect(capture.start([]).stop()).toMatchObject({ cpu_s: null, rss_peak_bytes: null });
  capture.stop();
});

test("looking at a tree takes a fraction of a trial", async () => {
  const { pid } = await startFamily();
  const capture = createCapture(["cpu", "rss"], { env });
  const took = Array.from({ length: 20 }, () => {
    const beganMs = performance.now();
    capture.start([pid]).stop();
    return performance.now() - beganMs;
  });
  expect(took.toSorted((a, b) => a - b)[10]).toBeLessThan(50);
});

test("ps tells the same as /proc", async () => {
  const { pid, work } = await startFamily();
  await work(1_100, mebibyte);
  const [proc, ps] = [processTrees([pid]), fromPs([pid])];
  const pids = (all: typeof ps) => all.map((one) => one.pid).toSorted((a, b) => a - b);
  expect(pids(ps)).toEqual(pids(proc));
  expect(pids(ps)).toHaveLength(2);
  const cpuOf = (all: typeof ps) => all.reduce((sum, { cpuS }) => sum + cpuS, 0);
  expect(Math.abs(cpuOf(ps) - cpuOf(proc))).toBeLessThan(2);
  expect(ps.every(({ residentBytes }) => residentBytes > mebibyte)).toBe(true);
});

test.each([
  ["00:00:07", 7],
  ["1-02:03:04", 93_784],
  ["3:04.56", 184.56],
])("%s of ps is %d seconds", (time, seconds) => {
  expect(secondsOf(time)).toBeCloseTo(seconds, 6);
});

test("GPUs are as nvidia-smi tells them, and null where there is none", async () => {
  const directory = mkdtempSync(join(tmpdir(), "hum-gpu-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const script = `#!/bin/sh
echo "0, 1000, 100.0"; echo "1, 24, 50.0"
while true; do sleep 0.05; echo "0, 3000, 100.0"; echo "1, 24, 50.0"; done
`;
  writeFileSync(join(directory, "nvidia-smi"), script, { mode: 0o755 });
  const capture = createCapture(["gpu"], { env: { ...env, PATH: `${directory}:${env.PATH}` } });
  onTestFinished(() => capture.stop());
  const beganMs = performance.now();
  const watch = capture.start([]);
  let reading = watch.stop();
  await vi.waitFor(() => {
    reading = watch.stop();
    if ((reading.gpu_memory_peak_bytes ?? 0) < 3000 * mebibyte) throw new Error("not yet");
  });
  const other = capture.start([]);
  await vi.waitFor(() => expect(performance.now() - beganMs).toBeGreaterThan(1_000), { timeout: 3_000 });
  const { gpu_energy_j, gpu_memory_peak_bytes } = other.stop();
  expect(gpu_memory_peak_bytes).toBe(3024 * mebibyte);
  expect(gpu_energy_j).toBeGreaterThan(1);
  expect(gpu_energy_j).toBeLessThan((150 * (performance.now() - beganMs)) / 1000);

  const none = createCapture(["gpu"], { env: { ...env, PATH: directory.replace("hum-gpu-", "none-") } });
  expect(none.start([]).stop()).toMatchObject({ gpu_memory_peak_bytes: null, gpu_energy_j: null });
  none.stop();
});

test("the environment's key is of what makes a difference to speed", async () => {
  const here = environmentSchema.parse(await readEnvironment({ env }));
  expect(here.cpus).toBe(availableParallelism());
  const key = environmentKey(here);
  expect(
    environmentKey({ ...here, host: "other", kernel: "9.9.9", governor: "powersave", container: !here.container }),
  ).toBe(key);
  expect(environmentKey({ ...here, memory_bytes: here.memory_bytes + 100 * mebibyte })).toBe(key);
  expect(environmentKey({ ...here, os: "debian 12.4" })).toBe(environmentKey({ ...here, os: "debian 12" }));
  for (const other of [
    { cpu_model: "other" },
    { cpus: 64 },
    { gpus: ["one"] },
    { arch: "m68k" },
    { os: "debian 13" },
  ]) {
    expect(environmentKey({ ...here, ...other })).not.toBe(key);
  }
});

test("provenance names the code, the versions that compute and the command", async () => {
  const run = {
    command: ["hum-helix", "bench", "run", "smoke.yaml"],
    definitionFile: "smoke.yaml",
    python: join(checkoutRoot, ".venv", "bin", "python"),
  };
  const found = provenanceSchema.parse(await readProvenance(run, { env }));
  expect(found.commit).toMatch(/^[0-9a-f]{40}$/);
  expect(found.packages).toMatchObject({
    "faster-whisper": expect.stringMatching(/^\d/),
    python: expect.stringMatching(/^3/),
  });
  expect(found).toMatchObject({ node: process.version, command: run.command, definition_file: "smoke.yaml" });
  const bare = await readProvenance({ ...run, python: "/no/such/python" }, { env: { PATH: "" } });
  expect(bare).toMatchObject({ commit: null, dirty: null, packages: {} });
});
