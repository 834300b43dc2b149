/** A real broker as a child of the test: started on a port of its own, killed, started again with the same data, and ended. */
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { type Child, spawnChild } from "../../src/platform/child.ts";
import { childEnvironment } from "../../src/platform/child-environment.ts";
import { freezeGroup } from "../processes.ts";

export interface Broker {
  readonly port: number;
  readonly pid: number;
  /** Resolves when it takes connections; on every call the same port and data. */
  start(): Promise<void>;
  /** SIGKILL to it and its own children; resolves when nothing listens any more. */
  kill(): Promise<void>;
  /** SIGSTOP; resolves when it answers nothing any more. */
  freeze(): Promise<void>;
  thaw(): void;
  /** Resolves when it is gone; has no effect where it does not run. */
  stop(): Promise<void>;
}

export interface BrokerOptions {
  port: number;
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
  startTimeoutMs?: number;
}

export function createBroker(options: BrokerOptions): Broker {
  const { port, command, args, env = {}, startTimeoutMs = 10_000 } = options;
  let child: Child | null = null;

  const running = (): Child => {
    if (child === null) throw new Error(`${command} does not run`);
    return child;
  };
  /** Each leads a process group of its own. */
  const signal = (name: NodeJS.Signals) => process.kill(-(running().pid ?? 0), name);

  return {
    port,
    get pid() {
      return running().pid ?? 0;
    },
    async start() {
      const lines: string[] = [];
      const started = spawnChild({
        // It must not outlive a test that is killed.
        command: join(checkoutRoot, ".venv/bin/python"),
        args: ["-m", "hum_sidecar.tether", "--", command, ...args],
        env: { ...childEnvironment(join(checkoutRoot, "sidecar/src")), ...env },
        onLine: (line) => lines.push(line),
      });
      child = started;
      const stopped = new AbortController();
      const ended = started.exited.then(({ code, signal, error }) => {
        stopped.abort();
        throw new Error(`${command} ended (${error ?? signal ?? code}): ${lines.slice(-20).join("\n")}`);
      });
      await Promise.race([untilListening({ port, timeoutMs: startTimeoutMs, signal: stopped.signal }), ended]);
      ended.catch(() => undefined);
    },
    async kill() {
      const { exited } = running();
      signal("SIGKILL");
      await exited;
      child = null;
      while (await isListening(port)) await delay(5);
    },
    freeze: () => freezeGroup(running().pid ?? 0),
    thaw: () => signal("SIGCONT"),
    async stop() {
      if (child === null) return;
      // One that is frozen hears nothing but this.
      signal("SIGCONT");
      await child.stop(5_000);
      child = null;
    },
  };
}

async function untilListening({ port, timeoutMs, signal }: { port: number; timeoutMs: number; signal: AbortSignal }) {
  const deadlineMs = performance.now() + timeoutMs;
  while (!signal.aborted && !(await isListening(port))) {
    if (performance.now() > deadlineMs) throw new Error(`nothing listens on port ${port} after ${timeoutMs} ms`);
    await delay(20);
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
