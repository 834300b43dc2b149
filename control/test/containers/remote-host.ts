/** A host with a Docker engine that is reached by ssh, as `docker context` has it: on loopback, with all that is its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { startSshd } from "../sshd.ts";
import { importBaseImage } from "./base-image.ts";
import { type Engine, startEngine } from "./engine.ts";

export interface RemoteHost {
  engine: Engine;
  /** With it `docker` and `ssh` are the user's, whose current context is that host. */
  env: Record<string, string>;
  /** What is the host's /opt/hum-helix. */
  benchDir: string;
  stop(): Promise<void>;
}

export async function startRemoteHost(): Promise<RemoteHost> {
  const directory = mkdtempSync(join(tmpdir(), "hum-host-"));
  const at = (name: string) => join(directory, name);
  const engine = await startEngine(at("engine"));
  await importBaseImage(engine);
  // What docker calls on the other side of its connection is to find that engine.
  const sshd = await startSshd(at("ssh"), { environment: { DOCKER_HOST: engine.endpoint } });
  // docker calls ssh by its name, and leaves its configuration to the user.
  mkdirSync(at("bin"));
  writeFileSync(join(at("bin"), "ssh"), `#!/bin/sh\nexec /usr/bin/${sshd.ssh.join(" ")} "$@"\n`, { mode: 0o755 });
  // Without bridges, builds and benchmarks are on the host's network.
  const override = { services: { bench: { build: { network: "host" }, network_mode: "host" } } };
  writeFileSync(at("network.yaml"), JSON.stringify(override));
  const endpoint = `ssh://${sshd.user}@127.0.0.1:${sshd.port}`;
  const env = {
    PATH: `${at("bin")}:${process.env.PATH}`,
    DOCKER_CONFIG: at("docker"),
    COMPOSE_FILE: [join(checkoutRoot, "compose.yaml"), at("network.yaml")].join(":"),
    BENCH_DIR: at("opt"),
  };
  await engine.docker("--config", at("docker"), "context", "create", "there", "--docker", `host=${endpoint}`);
  writeFileSync(join(at("docker"), "config.json"), JSON.stringify({ currentContext: "there" }));
  return {
    engine,
    env,
    benchDir: at("opt"),
    async stop() {
      await sshd.stop();
      await engine.stop();
      rmSync(directory, { recursive: true });
    },
  };
}
