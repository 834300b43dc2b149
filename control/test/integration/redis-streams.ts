/** The contract seen from outside: what the sink may do, and what a consumer then finds in the system stream. */
import { connectRedis } from "../../src/events/clients/redis.ts";
import { streamKey } from "../../src/events/sinks/append.ts";
import type { Received } from "../conformance/subject.ts";

/** The user `sink` with the password `secret`, and no right more than sinks/redis.ts says that it needs. */
export const sinkRule =
  "on >secret ~{humhelix}:* &humhelix.events.* -@all +client|setname +evalsha +script|load +time +get +set +hset +xadd +publish";

export async function storedIn(url: string): Promise<Received[]> {
  const connection = await connectRedis({ url, name: "reader", commandTimeoutMs: 5_000 });
  try {
    const entries = (await connection.call("XRANGE", streamKey("system"), "-", "+")) as [string, string[]][];
    return entries.map(([, [, json = "", , , , , , partitionKey = ""]]) => ({ json, partitionKey }));
  } finally {
    connection.close();
  }
}
