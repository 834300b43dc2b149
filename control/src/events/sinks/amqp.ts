/**
 * The AMQP sink: persistent messages to a durable topic exchange, by the routing key `<noun>.<verb>`, each confirmed and
 * in order for each partition key.
 *
 * A confirm says that every queue bound to the exchange has the message. Where none is bound, for this event or at all,
 * nobody wants it: it is confirmed at once, counts as delivered, and is gone.
 */
import { z } from "zod";
import type { SettingsOf } from "../../core/sink-settings.ts";
import { type AmqpMessage, connectAmqp, isRefusal, sizeLimitOf } from "../clients/amqp.ts";
import type { SealedEvent, Sink, Stop } from "../sink.ts";
import type { SinkContext } from "./context.ts";
import { createLanes } from "./lanes.ts";

const timed = z.object({ time: z.iso.datetime() });

const messageOf = ({ name, id, source, type, partitionKey, json }: SealedEvent): AmqpMessage => ({
  routingKey: name,
  body: json,
  contentType: "application/cloudevents+json",
  messageId: id,
  type,
  wallMs: Date.parse(timed.parse(JSON.parse(json)).time),
  headers: { source, partitionkey: partitionKey },
  persistent: true,
});

export function createAmqpSink(settings: SettingsOf<"amqp">, { node }: SinkContext): Sink {
  const lanes = createLanes();

  return {
    name: settings.name ?? settings.kind,
    remembersMs: 0,
    async open(signal) {
      const connection = await connectAmqp({
        url: settings.url,
        name: `humhelix-${node}`,
        exchange: settings.exchange,
        timeoutMs: settings.timeout_s * 1000,
        signal,
      });
      const send = async (event: SealedEvent): Promise<Stop | null> => {
        try {
          await connection.publish(messageOf(event));
          return null;
        } catch (error) {
          const most = error instanceof Error ? sizeLimitOf(error) : null;
          const bytes = Buffer.byteLength(event.json);
          if (most === null || bytes <= most) throw error;
          return { kind: "unfit", reason: `${bytes} bytes are more than the ${most} that the AMQP broker takes` };
        }
      };
      return {
        deliver: (batch) => lanes.deliver(batch, send),
        announce(event) {
          // Lost where it is not taken: nobody waits for it.
          connection.publish({ ...messageOf(event), persistent: false }).catch(() => undefined);
        },
        closed: connection.closed,
        close: () => connection.close(),
      };
    },
    // A connection that went with an event too large for it is worth another one at once.
    isRefusal: (error) => sizeLimitOf(error) === null && isRefusal(error),
  };
}
