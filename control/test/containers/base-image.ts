/** The image that the Dockerfile begins with, made of Debian's packages: an engine of tests asks no hub. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { runCommand } from "../../src/platform/child.ts";
import type { Engine } from "./engine.ts";

const tag = "debian:bookworm-slim";
/** Made once; `make clean` removes it. */
const archive = join(checkoutRoot, "build", "containers", "bookworm.tar");

export async function importBaseImage({ docker }: Engine): Promise<void> {
  if (!existsSync(archive)) await makeArchive();
  await docker("import", archive, tag);
  // Where this machine reaches registries through an authority of its own, builds there must trust it too.
  const { NODE_EXTRA_CA_CERTS: authority } = process.env;
  if (authority === undefined || authority === "") return;
  const context = mkdtempSync(join(tmpdir(), "hum-base-"));
  try {
    copyFileSync(authority, join(context, "authority.crt"));
    // Not among those of ca-certificates, whose installation writes them anew.
    const settings = ["PIP_CERT", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"].map((name) => `${name}=/authority.crt`);
    writeFileSync(join(context, "Dockerfile"), `FROM ${tag}\nCOPY authority.crt /\nENV ${settings.join(" ")}\n`);
    await docker("build", "--quiet", "--tag", tag, context);
  } finally {
    rmSync(context, { recursive: true });
  }
}

async function makeArchive(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "hum-debootstrap-"));
  try {
    await run("debootstrap", "--variant=minbase", "bookworm", root);
    mkdirSync(join(archive, ".."), { recursive: true });
    await run("tar", "--create", "--file", `${archive}.partial`, "--directory", root, ".");
    renameSync(`${archive}.partial`, archive);
  } finally {
    rmSync(root, { recursive: true });
  }
}

async function run(command: string, ...args: string[]): Promise<void> {
  const env = { PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const { code, error, out, err } = await runCommand({ command, args, env });
  if (code !== 0)
    throw new Error(`${command} failed: ${error ?? `${out}\n${err}`.trim().split("\n").slice(-5).join("\n")}`);
}
