/** Events as a pump hands them over, for tests that talk to a sink without one. */
import type { StreamName } from "../../src/events/catalogue.ts";
import { seal } from "../../src/events/envelope.ts";
import type { Outgoing } from "../../src/events/sink.ts";

export const sourceOf = (stream: StreamName) => `/humhelix/test/0/${stream}`;

const sealed: Outgoing[] = [];

/** The first `count` events of one source: the same ones whenever they are asked for. */
export function outgoing(count: number): Outgoing[] {
  for (let sequence = sealed.length + 1; sequence <= count; sequence += 1) {
    const name = "sidecar.started";
    const slot = `slot-${sequence % 3}`;
    const source = sourceOf("system");
    const facts = { name, subjectId: slot, source, sequence, requestId: null } as const;
    const event = seal({ ...facts, wallMs: Date.now(), data: { slot, pid: sequence } });
    const { id, type, partitionkey: partitionKey } = event;
    const order = { position: sequence, predecessor: sequence - 1, sequence };
    sealed.push({ stream: "system", name, id, type, source, partitionKey, json: JSON.stringify(event), ...order });
  }
  return sealed.slice(0, count);
}
