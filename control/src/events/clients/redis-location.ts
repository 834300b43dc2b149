/** Where our keys are now: the master that sentinels have elected, or the node of a cluster that owns them. */
import { z } from "zod";
import type { RedisAddress } from "../../core/redis-url.ts";
import type { RedisConnection } from "./redis-connection.ts";

type Asked = Pick<RedisConnection, "call" | "close">;
type Connect<To extends Asked = Asked> = (address: RedisAddress) => Promise<To>;

/** The part in braces decides on the slot: one node has all keys of ours. */
const hashTag = "humhelix";

const port = z.coerce.number().int().min(1).max(65535);
const masterSchema = z.tuple([z.string().min(1), port]).nullable();
const roleSchema = z.tuple([z.string()]).rest(z.unknown());
/** `[first slot, last slot, owner, ...replicas]`; an owner without a host is to be reached at the host that was asked. */
const slotsSchema = z.array(
  z.tuple([z.int(), z.int(), z.tuple([z.string().nullable(), port]).rest(z.unknown())]).rest(z.unknown()),
);

interface Found<To> {
  address: RedisAddress;
  /** Who told it; still open. */
  sentinel: To;
}

/** The address of the master, from the first sentinel that knows it. */
export function askSentinels<To extends Asked>(
  { sentinels, master }: { sentinels: readonly RedisAddress[]; master: string },
  connect: Connect<To>,
): Promise<Found<To>> {
  return firstAnswer(sentinels, async (place) => {
    const sentinel = await connect(place);
    try {
      const address = masterSchema.parse(await sentinel.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", master));
      if (address === null) throw new Error(`the sentinel ${textOf(place)} knows no master named ${master}`);
      return { address: { host: address[0], port: address[1] }, sentinel };
    } catch (error) {
      sentinel.close();
      throw error;
    }
  });
}

/**
 * A connection that ends once the sentinels have elected another master: the old one, where it lives, would go on taking
 * events for some seconds that it then throws away.
 */
export async function connectToMaster(
  { address, sentinel }: Found<RedisConnection>,
  { master, connect }: { master: string; connect: Connect<RedisConnection> },
): Promise<RedisConnection> {
  try {
    const connection = await connect(address);
    void connection.closed.then(() => sentinel.close());
    // Where they do not say so, the old master's own answers do, later.
    const watching = sentinel.subscribe("+switch-master", (message) => {
      // `<master> <old host> <old port> <new host> <new port>`; we may know it already.
      const [name, , , host, port] = message.split(" ");
      if (name !== master || (host === address.host && port === String(address.port))) return;
      connection.close(new Error(`the sentinels elected ${host}:${port} as the master`));
    });
    await watching.catch(() => undefined);
    await requireMaster(connection, address);
    return connection;
  } catch (error) {
    sentinel.close();
    throw error;
  }
}

/** Sentinels may name a master that has just stepped down. One whose role we may not ask shows it with the first write. */
async function requireMaster(connection: Asked, address: RedisAddress): Promise<void> {
  const role = roleSchema.safeParse(await connection.call("ROLE").catch(() => null));
  if (!role.success || role.data[0] === "master") return;
  connection.close();
  throw new Error(`the sentinels name ${textOf(address)} as the master, which is a ${role.data[0]}`);
}

/** The address of the node that owns our slot, from the first node that answers. */
export function askCluster(nodes: readonly RedisAddress[], connect: Connect): Promise<RedisAddress> {
  return firstAnswer(nodes, async (node) => {
    const connection = await connect(node);
    const replies = [connection.call("CLUSTER", "KEYSLOT", `{${hashTag}}`), connection.call("CLUSTER", "SLOTS")];
    const [slotReply, slotsReply] = await Promise.all(replies).finally(() => connection.close());
    const slot = z.int().parse(slotReply);
    const owner = slotsSchema.parse(slotsReply).find(([first, last]) => first <= slot && slot <= last)?.[2];
    if (owner === undefined) throw new Error(`the cluster of ${textOf(node)} has no node for slot ${slot}, our keys'`);
    return { host: owner[0] || node.host, port: owner[1] };
  });
}

async function firstAnswer<Answer>(
  addresses: readonly RedisAddress[],
  question: (address: RedisAddress) => Promise<Answer>,
): Promise<Answer> {
  let first: unknown = null;
  for (const address of addresses) {
    try {
      return await question(address);
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}

const textOf = ({ host, port }: RedisAddress) => `${host.includes(":") ? `[${host}]` : host}:${port}`;
