/** What a Redis holds of the system stream, read as any consumer would. */
import { connectRedis } from "../../src/events/clients/redis.ts";
import { streamKey } from "../../src/events/sinks/append.ts";
import type { Received } from "../conformance/subject.ts";

export async function storedIn(url: string): Promise<Received[]> {
  const connection = await connectRedis({ url, name: "reader", commandTimeoutMs: 5_000 });
  try {
    const entries = (await connection.call("XRANGE", streamKey("system"), "-", "+")) as [string, string[]][];
    return entries.map(([, [, json = "", , , , , , partitionKey = ""]]) => ({ json, partitionKey }));
  } finally {
    connection.close();
  }
}
