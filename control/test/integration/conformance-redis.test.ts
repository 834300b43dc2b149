import { connectRedis } from "../../src/events/clients/redis.ts";
import { streamKey } from "../../src/events/sinks/append.ts";
import { createRedisSink } from "../../src/events/sinks/redis.ts";
import type { Bench } from "../conformance/subject.ts";
import { conformance } from "../conformance/suite.ts";
import { createValkey } from "../valkey.ts";

conformance({
  kind: "redis",
  idempotent: true,
  broker: { restartMs: 200, canFreeze: true },
  unfitBytes: null,
  open: openBench,
});

async function openBench(dir: string): Promise<Bench> {
  const server = await createValkey({ dir });
  const { url } = server;
  return {
    startBroker: server.start,
    killBroker: server.kill,
    freezeBroker: () => server.signal("SIGSTOP"),
    thawBroker: () => server.signal("SIGCONT"),
    createSink: () => createRedisSink({ url, retention_s: 3600, command_timeout_s: 1 }),
    async received() {
      const connection = await connectRedis({ url, name: "reader", commandTimeoutMs: 2_000 });
      try {
        const entries = (await connection.call("XRANGE", streamKey("system"), "-", "+")) as [string, string[]][];
        return entries.map(([, [, json = "", , , , , , partitionKey = ""]]) => ({ json, partitionKey }));
      } finally {
        connection.close();
      }
    },
    close: server.stop,
  };
}
