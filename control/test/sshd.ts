/** A host to reach by ssh: a server of its own on loopback, with its own keys, for one user: whoever runs the tests. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { type Child, spawnChild } from "../src/platform/child.ts";
import { freePort } from "./ports.ts";

export interface Sshd {
  port: number;
  user: string;
  /** The ssh command that gets in, as words. */
  ssh: string[];
  child: Child;
  stop(): Promise<void>;
}

/** `environment` is what commands there see beside what every login sees. */
export async function startSshd(
  directory: string,
  { environment = {} }: { environment?: Record<string, string> } = {},
): Promise<Sshd> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const at = (name: string) => join(directory, name);
  for (const name of ["host", "key"]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", at(name)]);
  copyFileSync(at("key.pub"), at("authorized"));
  const port = await freePort();
  const settings = Object.entries(environment).map(([name, value]) => `${name}="${value}"`);
  writeFileSync(
    at("sshd_config"),
    [
      `Port ${port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${at("host")}`,
      `AuthorizedKeysFile ${at("authorized")}`,
      // The temporary directory is everybody's.
      "StrictModes no",
      "UsePAM no",
      "PasswordAuthentication no",
      `PidFile ${at("sshd.pid")}`,
      ...(settings.length === 0 ? [] : [`SetEnv ${settings.join(" ")}`]),
      "",
    ].join("\n"),
  );
  // Where root's servers drop their privileges; Debian makes it when the service starts.
  if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const said: string[] = [];
  const child = spawnChild({
    command: "/usr/sbin/sshd",
    args: ["-D", "-e", "-f", at("sshd_config")],
    env: { PATH: process.env.PATH ?? "" },
    onLine: (line) => said.push(line),
  });
  await vi.waitFor(() => answers(port).catch(() => Promise.reject(new Error(said.join("\n")))));
  writeFileSync(
    at("ssh_config"),
    [
      "Host *",
      `  IdentityFile ${at("key")}`,
      "  IdentitiesOnly yes",
      `  UserKnownHostsFile ${at("known_hosts")}`,
      "  StrictHostKeyChecking accept-new",
      "",
    ].join("\n"),
  );
  return {
    port,
    user: userInfo().username,
    ssh: ["ssh", "-F", at("ssh_config")],
    child,
    stop: async () => void (await child.stop(2_000)),
  };
}

function answers(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve();
    });
    socket.on("error", reject);
  });
}
