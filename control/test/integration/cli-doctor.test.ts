import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { loadConfig } from "../../src/core/load-config.ts";
import { makeDirectory, runCli } from "./cli-rig.ts";

const findingsSchema = z.array(
  z.object({ name: z.string(), state: z.enum(["ok", "warn", "fail"]), detail: z.string(), fix: z.string().nullable() }),
);

async function examine(env: Record<string, string> = {}) {
  const result = await runCli(["doctor", "--json"], { env: { HUM_DATA_DIR: join(makeDirectory(), "data"), ...env } });
  const findings = new Map(
    findingsSchema.parse(JSON.parse(result.out[0] ?? "")).map((finding) => [finding.name, finding]),
  );
  return { code: result.code, findings };
}

test("on an installed checkout everything that serve needs is found", async () => {
  const { code, findings } = await examine();
  expect([...findings.values()].filter(({ state }) => state === "fail")).toEqual([]);
  expect(code).toBe(0);
  expect(findings.get("model base")?.detail).toContain("every file verified");
  expect(findings.get("packages")?.detail).toMatch(/faster-whisper \d/);
  expect(findings.get("zeromq")?.detail).toMatch(/libzmq 4/);
});

test("a taken port, a missing default model and a wrong Python each fail with how to mend them", async () => {
  const squatter = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => squatter.once("listening", resolve));
  onTestFinished(() => void squatter.close());
  const address = squatter.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const { code, findings } = await examine({
    HUM_HTTP_PORT: String(port),
    HUM_MODEL_DIR: makeDirectory(),
    HUM_PYTHON: "/nonexistent/python",
  });
  expect(code).toBe(1);
  expect(findings.get("port")).toMatchObject({ state: "fail", fix: expect.stringContaining("HUM_HTTP_PORT") });
  expect(findings.get("model base")).toMatchObject({ state: "fail", fix: "npx hum-helix models pull base" });
  expect(findings.get("model tiny.en")?.state).toBe("warn");
  expect(findings.get("python")).toMatchObject({ state: "fail", fix: expect.stringContaining("make start") });
});

test("a Redis that does not answer is a warning: requests are served without it", async () => {
  const { code, findings } = await examine({ HUM_REDIS_URL: "redis://me:secret@127.0.0.1:1" });
  expect(code).toBe(0);
  expect(findings.get("redis")).toMatchObject({ state: "warn", fix: expect.stringContaining("HUM_REDIS_URL") });
  expect(findings.get("redis")?.detail).toContain("ECONNREFUSED");
  expect(findings.get("redis")?.detail).not.toContain("secret");
});

test("a wrong configuration is one finding among the others", async () => {
  const { code, findings } = await examine({ HUM_LOG_LEVEL: "loud" });
  expect(code).toBe(1);
  expect(findings.get("node")?.state).toBe("ok");
  expect(findings.get("configuration")).toMatchObject({ state: "fail", detail: expect.stringContaining("log.level") });
});

/** A Python that runs `more` after the program it was given. */
function makePython(more: string): string {
  const path = join(makeDirectory(), "python");
  const { python } = loadConfig({ env: {} });
  writeFileSync(path, `#!/bin/sh\n${python} "$@"\n${more}\n`);
  chmodSync(path, 0o755);
  return path;
}

test("a library that warns last, on either stream, spoils nothing", async () => {
  const env = { HUM_PYTHON: makePython("echo '{\"warning\": 1}'; echo 'DeprecationWarning: old' >&2") };
  const late = "--import=data:text/javascript,process.on('exit',()=>console.error('warning:late'))";
  const { code, findings } = await examine({ ...env, NODE_OPTIONS: late });
  expect(findings.get("zeromq")?.detail).toMatch(/libzmq 4/);
  expect(findings.get("python")?.state).toBe("ok");
  expect(findings.get("packages")?.detail).toMatch(/faster-whisper \d/);
  expect(code).toBe(0);
});

test("a Python that prints no report is a finding, not the end of doctor", async () => {
  const python = join(makeDirectory(), "python");
  writeFileSync(python, "#!/bin/sh\necho hello\n");
  chmodSync(python, 0o755);
  const { code, findings } = await examine({ HUM_PYTHON: python });
  expect(code).toBe(1);
  expect(findings.get("python")).toMatchObject({
    state: "fail",
    detail: `${python} printed "hello" where a report was expected`,
    fix: expect.stringContaining("make start"),
  });
  expect(findings.get("port")?.state).toBe("ok");
});
