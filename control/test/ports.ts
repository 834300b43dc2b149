/** Free loopback ports, at least until somebody else takes them. */
import { createServer } from "node:net";

/** Below what kernels give out by themselves: so none is taken between here and the start of whoever asked for it. */
const first = 10_000;
/** Tests that run side by side do not take them from each other either. */
const perWorker = 1_400;
const workers = 16;

const start = first + (Number(process.env.VITEST_POOL_ID ?? 0) % workers) * perWorker;
let next = Math.floor(Math.random() * perWorker);

/** They differ. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

export async function freePort(): Promise<number> {
  for (let tried = 0; tried < perWorker; tried += 1) {
    const port = start + (next % perWorker);
    next += 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port of ${start} to ${start + perWorker - 1} is free`);
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  const listening = await new Promise<boolean>((resolve) => {
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (listening) await new Promise((resolve) => probe.close(resolve));
  return listening;
}
