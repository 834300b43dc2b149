/** The installation that `make start` begins with, on a machine of stand-in commands: what was interrupted is made up for. */
import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { makeDirectory } from "./cli-rig.ts";

/** Each is interrupted, once, where a file `interrupt-NAME` stands; `log` tells what was called. */
const commands = {
  node: "echo v20.11.1",
  npm: `
[ "$1" = ci ] || { echo 10.2.4; exit; }
echo "npm ci" >>log
mkdir -p node_modules/.bin
printf '#!/bin/sh\\necho v26.10.0\\n' >node_modules/.bin/node
chmod +x node_modules/.bin/node
interrupted npm`,
  // As in venv: the interpreter is there before pip is.
  python3: `
case "$*" in
  "-m venv --clear .venv")
    echo venv >>log
    rm -rf .venv
    mkdir -p .venv/bin
    cp "$0" .venv/bin/python
    interrupted venv
    touch .venv/pip
    ;;
  "-m pip "*)
    [ -e .venv/pip ] || { echo "No module named pip" >&2; exit 1; }
    echo pip >>log
    interrupted pip
    printf '#!/bin/sh\\n' >.venv/bin/uv
    chmod +x .venv/bin/uv
    ;;
  *) echo "3.11 yes glibc 2.36 yes" ;;
esac`,
};

function makeMachine() {
  const root = makeDirectory();
  const bin = join(root, "bin");
  for (const path of ["control/setup", "package-lock.json", ".npmrc"]) {
    cpSync(join(checkoutRoot, path), join(root, path), { recursive: true });
  }
  for (const lock of ["requirements.lock", "requirements-uv.lock", "requirements-dev.lock"]) {
    cpSync(join(checkoutRoot, "sidecar", lock), join(root, "sidecar", lock));
  }
  mkdirSync(bin);
  for (const [name, script] of Object.entries(commands)) {
    const interrupted = 'interrupted() { [ ! -e "interrupt-$1" ] || { rm "interrupt-$1"; exit 130; }; }';
    writeFileSync(join(bin, name), `#!/bin/sh\n${interrupted}\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const log = join(root, "log");
  return {
    root,
    install() {
      rmSync(log, { force: true });
      const { status, stderr } = spawnSync("/bin/sh", [join(root, "control/setup/install.sh")], {
        env: { PATH: `${bin}:${process.env.PATH}` },
        encoding: "utf8",
      });
      return { status, stderr, called: existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [] };
    },
  };
}

test("an installation happens once, and an installed one calls nothing", () => {
  const { install } = makeMachine();
  expect(install()).toMatchObject({ status: 0, called: ["npm ci", "venv", "pip"] });
  expect(install()).toEqual({ status: 0, stderr: "", called: [] });
});

test.each([
  ["npm", ["npm ci", "venv", "pip"]],
  ["venv", ["venv", "pip"]],
  ["pip", ["pip"]],
])("after Ctrl-C within %s the next run does %j again", (step, called) => {
  const { root, install } = makeMachine();
  writeFileSync(join(root, `interrupt-${step}`), "");
  expect(install().status).not.toBe(0);
  expect(install()).toMatchObject({ status: 0, called });
  expect(install()).toMatchObject({ status: 0, called: [] });
});

test("Ctrl-C within a later npm ci does not leave the stamp of the one before", () => {
  const { root, install } = makeMachine();
  const lock = join(root, "package-lock.json");
  const older = readFileSync(lock);
  install();
  writeFileSync(lock, `${older}\n`);
  writeFileSync(join(root, "interrupt-npm"), "");
  expect(install().status).not.toBe(0);
  writeFileSync(lock, older);
  expect(install()).toMatchObject({ status: 0, called: ["npm ci"] });
});
