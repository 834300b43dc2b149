import { commandStream, deadCommandStream } from "../../src/events/commands.ts";
import { testTakeover } from "../takeover.ts";

testTakeover("Redis", {
  claimIdleS: 1,
  open: async ({ client }) => ({
    commands: "",
    send: async (text) => void (await client.sendText(text)),
    left: async () => Number(await client.redis.call("XLEN", commandStream)),
    async dead() {
      const entries = (await client.redis.call("XRANGE", deadCommandStream, "-", "+")) as [string, string[]][];
      return entries.map(([, fields]) => fields[1] ?? "");
    },
    close: async () => undefined,
  }),
});
