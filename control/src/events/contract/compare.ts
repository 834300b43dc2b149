/** Whether a contract keeps what an earlier one promised: which of the changes between them break somebody. */
import type { Contract, JsonSchema } from "./contract.ts";
import { type Change, diffSchema, type Effect } from "./diff.ts";

export interface Finding extends Change {
  breaking: boolean;
}

/**
 * Events are written by us and kept by every bus: a reader of the earlier schema reads new ones, and a reader of the new
 * schema reads those that were kept. So neither may more be allowed, nor less.
 */
const breaksEvents: ReadonlySet<Effect> = new Set(["wider", "narrower", "changed"]);

/** Commands are written by others, with the earlier schema: all that was allowed must still be. */
const breaksCommands: ReadonlySet<Effect> = new Set(["narrower", "changed"]);

interface Comparison {
  before: JsonSchema;
  after: JsonSchema;
  breaks: ReadonlySet<Effect>;
}

export function compareContracts(before: Contract, after: Contract): Finding[] {
  const schema = (path: string, parts: Comparison): Finding[] =>
    diffSchema(parts.before, parts.after, path).map((change) => ({
      ...change,
      breaking: parts.breaks.has(change.effect),
    }));

  const events = pairs(before.events, after.events).flatMap(({ name, was, is }) => [
    ...(was.class === is.class ? [] : [changed(name, `was ${was.class} and is ${is.class}`)]),
    ...(was.stream === is.stream ? [] : [changed(name, `was in stream ${was.stream} and is in ${is.stream}`)]),
    ...schema(name, { before: was.data, after: is.data, breaks: breaksEvents }),
  ]);
  const commands = pairs(before.commands, after.commands).flatMap(({ name, was, is }) =>
    schema(name, { before: was.data, after: is.data, breaks: breaksCommands }),
  );
  const addresses = pairs(before.addresses, after.addresses).flatMap(({ name, was, is }) =>
    was === is ? [] : [changed(name, `was at ${was} and is at ${is}`)],
  );
  return [
    ...goneAndNew(before.events, after.events),
    ...goneAndNew(before.commands, after.commands),
    ...goneAndNew(before.addresses, after.addresses),
    ...schema("envelope", { before: before.envelope, after: after.envelope, breaks: breaksEvents }),
    ...events,
    ...schema("command-envelope", {
      before: before.commandEnvelope,
      after: after.commandEnvelope,
      breaks: breaksCommands,
    }),
    ...commands,
    ...addresses,
  ];
}

/** As a person reads it. */
export const findingLine = ({ path, what, breaking }: Finding) => `${breaking ? "breaks" : "adds"}: ${path} ${what}`;

const changed = (path: string, what: string): Finding => ({ path, what, effect: "changed", breaking: true });

function goneAndNew(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>): Finding[] {
  const gone = Object.keys(before).filter((name) => !(name in after));
  const fresh = Object.keys(after).filter((name) => !(name in before));
  return [
    ...gone.map((name) => changed(name, "is gone")),
    ...fresh.map((name): Finding => ({ path: name, what: "is new", effect: "added", breaking: false })),
  ];
}

/** What both have. */
function pairs<Value>(before: Readonly<Record<string, Value>>, after: Readonly<Record<string, Value>>) {
  return Object.entries(before).flatMap(([name, was]) => {
    const is = after[name];
    return is === undefined ? [] : [{ name, was, is }];
  });
}
