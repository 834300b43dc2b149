import { expect, vi } from "vitest";
import { commandStream, deadCommandStream } from "../../../src/events/commands.ts";
import { testTakeover } from "../../takeover.ts";

testTakeover("Redis", {
  claimIdleS: 1,
  open: async ({ client, valkey }) => ({
    commands: "",
    send: async (text) => void (await client.sendText(text)),
    left: async () => Number(await client.redis.call("XLEN", commandStream)),
    async dead() {
      const entries = (await client.redis.call("XRANGE", deadCommandStream, "-", "+")) as [string, string[]][];
      return entries.map(([, fields]) => fields[1] ?? "");
    },
    async restart() {
      // What it had synced is what it has afterwards.
      await vi.waitFor(async () => expect(await client.redis.call("WAITAOF", 1, 0, 1000)).toEqual([1, 0]));
      await valkey.kill();
      await valkey.start();
      await client.reconnect();
    },
    close: async () => undefined,
  }),
});
