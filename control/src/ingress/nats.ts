/** Commands from NATS: a work queue in JetStream, from which each command is given to one node that has to show signs of life. */
import type { SourceSettingsOf } from "../core/command-settings.ts";
import { isRefusal } from "../events/clients/nats.ts";
import { type NatsCommand, type NatsCommands, openNatsCommands } from "../events/clients/nats-commands.ts";
import type { SourceContext } from "./context.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import type { CommandSource, SourceConnection } from "./source.ts";

const takeMs = 1_000;
/** A cancellation that is heard has no time of the server's: its clock and ours may differ by this. */
const clockSkewMs = 1_000;

export function createNatsSource(settings: SourceSettingsOf<"nats">, context: SourceContext): CommandSource {
  const { servers, user, password, token, stream, subject, group, timeout_s, name = settings.kind } = settings;

  async function open(signal: AbortSignal): Promise<SourceConnection> {
    const ledger = await openLedger({ ...context.ledger, signal });
    try {
      const nats = await openNatsCommands({
        ...{ servers, user, password, token, stream, subject, group, signal },
        name: `humhelix-${context.ledger.consumer}`,
        timeoutMs: timeout_s * 1000,
        ackWaitMs: context.claimIdleMs,
        // Counted by us: the server would leave it where it is.
        maxDeliveries: -1,
        waitMs: takeMs,
      });
      return over(nats, { ledger, name });
    } catch (error) {
      await ledger.close();
      throw error;
    }
  }

  return { name, open, isRefusal };
}

function over(nats: NatsCommands, { ledger, name }: { ledger: Ledger; name: string }): SourceConnection {
  /** As this connection was given them. One that an earlier connection was given comes again. */
  const given = new Map<string, NatsCommand>();

  function takeOut(key: string): NatsCommand | undefined {
    const command = given.get(key);
    given.delete(key);
    return command;
  }

  return {
    async take({ limit }) {
      const commands = await nats.take(limit);
      for (const command of commands) given.set(command.key, command);
      return commands.map(({ key, text, sentMs, deliveries }) => ({ key, text, sentMs, deliveries }));
    },
    follow(listener) {
      nats.follow((text) => listener({ text, sentMs: Date.now() + clockSkewMs }));
    },
    begin: async ({ key }, jobId) => ledger.begin(`${name}:${key}`, jobId),
    async hold(held) {
      for (const { key } of held) given.get(key)?.working();
      const lost = await ledger.lost(held.map(({ jobId }) => jobId));
      return held.filter(({ jobId }) => lost.has(jobId)).map(({ key }) => key);
    },
    claimEnd({ key, jobId }) {
      given.get(key)?.working();
      return ledger.claimEnd(jobId);
    },
    async finish(key) {
      await takeOut(key)?.ack();
    },
    async setAside({ key }, reason) {
      await takeOut(key)?.setAside(reason);
    },
    async giveBack({ key }, jobId) {
      await ledger.giveBack(jobId);
      takeOut(key)?.nak();
    },
    find: ledger.find,
    waiting: nats.waiting,
    closed: Promise.race([nats.closed, ledger.closed]),
    async close() {
      await Promise.all([nats.close(), ledger.close()]);
    },
  };
}
