import { createRedisSink } from "../../src/events/sinks/redis.ts";
import type { Bench } from "../conformance/subject.ts";
import { conformance } from "../conformance/suite.ts";
import { createValkey } from "../valkey.ts";
import { storedIn } from "./redis-streams.ts";

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
    received: () => storedIn(url),
    close: server.stop,
  };
}
