/** A Docker engine of its own: its images, containers and sockets lie in one directory, and nobody else sees them. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { runCommand, spawnChild } from "../../src/platform/child.ts";
import { userEnvironment } from "../../src/platform/child-environment.ts";

export interface Engine {
  /** As DOCKER_HOST has it. */
  endpoint: string;
  /** Resolves with what the command says; rejects where it fails. */
  docker(...args: string[]): Promise<string>;
  stop(): Promise<void>;
}

/** Needs root. It touches neither the firewall nor bridges: containers are on the host's network, or on none. */
export async function startEngine(directory: string): Promise<Engine> {
  const at = (name: string) => join(directory, name);
  mkdirSync(directory, { recursive: true });
  const endpoint = `unix://${at("docker.sock")}`;
  const said: string[] = [];
  const daemon = spawnChild({
    command: "dockerd",
    args: [
      ...["--host", endpoint, "--data-root", at("data"), "--exec-root", at("run"), "--pidfile", at("docker.pid")],
      ...["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false"],
    ],
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
    onLine: (line) => said.push(line),
  });
  const gone = new AbortController();
  daemon.exited.then(
    ({ error }) => gone.abort(new Error(`dockerd ended: ${error ?? said.slice(-5).join("\n")}`)),
    () => undefined,
  );
  const env = { ...userEnvironment(process.env), DOCKER_HOST: endpoint, DOCKER_CONFIG: at("config") };
  const docker = async (...args: string[]) => {
    const { code, out, err, error } = await runCommand({ command: "docker", args, env });
    if (code === 0) return out.trim();
    gone.signal.throwIfAborted();
    throw new Error(`docker ${args.join(" ")}: ${error ?? err}`);
  };
  await vi.waitFor(() => docker("version"), { timeout: 30_000, interval: 200 });
  return {
    endpoint,
    docker,
    async stop() {
      await daemon.stop(60_000);
      // What it leaves mounted, and what would keep its directory from being removed.
      await runCommand({ command: "umount", args: [at("run/netns/default")], env: { PATH: process.env.PATH ?? "" } });
    },
  };
}
