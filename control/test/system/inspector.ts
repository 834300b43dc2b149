/** What a Node process of a test holds in memory, by its inspector. */
import { z } from "zod";

/** For the environment of a process whose output `liveMemory` is given: an inspector on a free port. */
export const inspected = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

export interface Memory {
  /** What is still in use: of V8's heap, and what hangs on it outside. */
  liveMb: number;
  residentMb: number;
}

/** After all garbage is collected: how much of that lies about at any moment says nothing of what is held. */
export async function liveMemory(output: readonly string[]): Promise<Memory> {
  const url = output.map((line) => /ws:\/\/127\.0\.0\.1:\S+/.exec(line)?.[0]).find((found) => found !== undefined);
  if (url === undefined) throw new Error(`no inspector listens:\n${output.join("\n")}`);
  const socket = new WebSocket(url);
  await once(socket, "open");
  try {
    await call(socket, { method: "HeapProfiler.collectGarbage" });
    const expression = "JSON.stringify(process.memoryUsage())";
    const reply = await call(socket, { method: "Runtime.evaluate", params: { expression } });
    const { rss, heapUsed, external } = usageSchema.parse(JSON.parse(replySchema.parse(reply).result.result.value));
    return { liveMb: (heapUsed + external) / 1e6, residentMb: rss / 1e6 };
  } finally {
    socket.close();
  }
}

const replySchema = z.object({ result: z.object({ result: z.object({ value: z.string() }) }) });
const usageSchema = z.object({ rss: z.number(), heapUsed: z.number(), external: z.number() });

/** One at a time: whatever comes next is the answer. */
async function call(socket: WebSocket, question: { method: string; params?: object }): Promise<unknown> {
  const answered = once(socket, "message");
  socket.send(JSON.stringify({ id: 1, ...question }));
  const { data } = (await answered) as MessageEvent;
  return JSON.parse(String(data));
}

const once = (socket: WebSocket, name: "open" | "message") =>
  new Promise<Event>((resolve, reject) => {
    socket.addEventListener(name, resolve, { once: true });
    socket.addEventListener("error", () => reject(new Error("the inspector closed the connection")), { once: true });
  });
