/** Where our keys are now: the master that sentinels have elected, or the node of a cluster that owns them. */
import { z } from "zod";
import type { RedisAddress } from "../../core/redis-url.ts";

interface Asked {
  call(command: string, ...args: (string | number)[]): Promise<unknown>;
  close(): void;
}

type Connect = (address: RedisAddress) => Promise<Asked>;

/** The part in braces decides on the slot: one node has all keys of ours. */
const hashTag = "humhelix";

const port = z.coerce.number().int().min(1).max(65535);
const masterSchema = z.tuple([z.string().min(1), port]).nullable();
const roleSchema = z.tuple([z.string()]).rest(z.unknown());
/** `[first slot, last slot, owner, ...replicas]`; an owner without a host is to be reached at the host that was asked. */
const slotsSchema = z.array(
  z.tuple([z.int(), z.int(), z.tuple([z.string().nullable(), port]).rest(z.unknown())]).rest(z.unknown()),
);

/** The address of the master, from the first sentinel that knows it. */
export function askSentinels(
  { sentinels, master }: { sentinels: readonly RedisAddress[]; master: string },
  connect: Connect,
): Promise<RedisAddress> {
  return firstAnswer(sentinels, async (sentinel) => {
    const found = await ask(sentinel, { connect, commands: [["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master]] });
    const address = masterSchema.parse(found[0]);
    if (address === null) throw new Error(`the sentinel ${textOf(sentinel)} knows no master named ${master}`);
    return { host: address[0], port: address[1] };
  });
}

/** Sentinels may name a master that has just stepped down. One whose role we may not ask shows it with the first write. */
export async function requireMaster<To extends Asked>(connection: To, address: RedisAddress): Promise<To> {
  const role = roleSchema.safeParse(await connection.call("ROLE").catch(() => null));
  if (!role.success || role.data[0] === "master") return connection;
  connection.close();
  throw new Error(`the sentinels name ${textOf(address)} as the master, which is a ${role.data[0]}`);
}

/** The address of the node that owns our slot, from the first node that answers. */
export function askCluster(nodes: readonly RedisAddress[], connect: Connect): Promise<RedisAddress> {
  return firstAnswer(nodes, async (node) => {
    const commands = [["CLUSTER", "KEYSLOT", `{${hashTag}}`] as const, ["CLUSTER", "SLOTS"] as const];
    const [slotReply, slotsReply] = await ask(node, { connect, commands });
    const slot = z.int().parse(slotReply);
    const owner = slotsSchema.parse(slotsReply).find(([first, last]) => first <= slot && slot <= last)?.[2];
    if (owner === undefined) throw new Error(`the cluster of ${textOf(node)} has no node for slot ${slot}, our keys'`);
    return { host: owner[0] || node.host, port: owner[1] };
  });
}

async function firstAnswer(
  addresses: readonly RedisAddress[],
  question: (address: RedisAddress) => Promise<RedisAddress>,
): Promise<RedisAddress> {
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

async function ask(
  address: RedisAddress,
  { connect, commands }: { connect: Connect; commands: readonly (readonly [string, ...string[]])[] },
): Promise<unknown[]> {
  const connection = await connect(address);
  try {
    return await Promise.all(commands.map(([command, ...args]) => connection.call(command, ...args)));
  } finally {
    connection.close();
  }
}

const textOf = ({ host, port }: RedisAddress) => `${host.includes(":") ? `[${host}]` : host}:${port}`;
