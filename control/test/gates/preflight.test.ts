/** The preflight names what a machine lacks and how to get it, on machines made of a few stand-in commands. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempDisposableSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";

const script = join(checkoutRoot, "control", "setup", "preflight.sh");

/** Each command of the machine prints one line; python3 prints what the probe would find. */
interface Machine {
  commands: Record<string, string>;
  PYTHON?: string;
}

const sound = {
  uname: '$([ "$1" = -s ] && echo Linux || echo x86_64)',
  node: "v20.11.1",
  npm: "10.2.4",
  python3: "3.11 yes glibc 2.36 yes",
};

function preflight({ commands, ...env }: Machine) {
  using directory = mkdtempDisposableSync(join(tmpdir(), "hum-preflight-"));
  for (const [name, line] of Object.entries(commands)) {
    const path = join(directory.path, name);
    writeFileSync(path, `#!/bin/sh\necho "${line}"\n`);
    chmodSync(path, 0o755);
  }
  const { status, stdout, stderr } = spawnSync("/bin/sh", [script], {
    env: { PATH: directory.path, ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

it("prints the Python to use where nothing is missing", () => {
  expect(preflight({ commands: sound })).toEqual({ status: 0, stdout: "python3\n", stderr: "" });
});

it("takes a newer Python from the PATH where python3 is too old", () => {
  const machine = {
    commands: { ...sound, python3: "3.9 yes glibc 2.36 yes", "python3.12": "3.12 yes glibc 2.36 yes" },
  };
  expect(preflight(machine)).toMatchObject({ status: 0, stdout: "python3.12\n" });
});

it("takes the Python that PYTHON names, and no other", () => {
  const commands = { ...sound, mine: "3.13 yes glibc 2.36 yes" };
  expect(preflight({ commands, PYTHON: "mine" })).toMatchObject({ status: 0, stdout: "mine\n" });
  expect(preflight({ commands, PYTHON: "absent" })).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/PYTHON=absent does not run/),
  });
});

it("names everything that is missing at once", () => {
  const { status, stdout, stderr } = preflight({ commands: { uname: sound.uname } });
  expect(status).toBe(1);
  expect(stdout).toBe("");
  expect(stderr).toMatch(/node was not found[\s\S]*npm was not found[\s\S]*python3 was not found/);
});

it.for([
  ["an old node", { node: "v18.19.0" }, /node is v18\.19\.0; 20 or newer/],
  ["an old Python", { python3: "3.10 yes glibc 2.36 yes" }, /python3 is 3\.10\); 3\.11 or newer/],
  ["a Python that makes no virtual environments", { python3: "3.11 no glibc 2.36 yes" }, /venv or ensurepip/],
  ["no libatomic", { python3: "3.11 yes glibc 2.36 no" }, /libatomic\.so\.1 was not found/],
  ["an old C library", { python3: "3.11 yes glibc 2.17 yes" }, /glibc is 2\.17; 2\.28 or newer/],
  ["another C library", { python3: "3.11 yes other 0 yes" }, /not glibc/],
  ["an unknown processor", { uname: "riscv64" }, /riscv64 is not supported/],
] as const)("refuses %s, and says so", ([, commands, says]) => {
  const { status, stderr } = preflight({ commands: { ...sound, ...commands } });
  expect(stderr).toMatch(says);
  expect(status).toBe(1);
});

it("names the package that brings venv, where there is apt-get", () => {
  const commands = { ...sound, "apt-get": "", python3: "3.12 no glibc 2.36 no" };
  expect(preflight({ commands }).stderr).toMatch(/apt-get install python3\.12-venv[\s\S]*apt-get install libatomic1/);
});
