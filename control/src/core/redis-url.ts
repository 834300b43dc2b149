/** The URL of a Redis: where the server is, or who knows it, and who we are there. */
import { HumError } from "./errors.ts";

export interface RedisAddress {
  host: string;
  port: number;
}

export interface RedisAccount {
  /** Empty for the default user. */
  username: string;
  /** Empty for none. */
  password: string;
}

export interface RedisTls {
  /** PEM file of the authorities to trust; null for the usual ones and those of NODE_EXTRA_CA_CERTS. */
  caFile: string | null;
}

type Place =
  | { kind: "socket"; path: string }
  | ({ kind: "server"; tls: RedisTls | null } & RedisAddress)
  /** The sentinels tell which server is the master of that name now. */
  | { kind: "sentinel"; sentinels: RedisAddress[]; sentinelAccount: RedisAccount; master: string; tls: RedisTls | null }
  /** Each node tells which of them owns our keys now. */
  | { kind: "cluster"; nodes: RedisAddress[]; tls: RedisTls | null };

export type RedisTarget = Place & RedisAccount & { db: number };

/** `demand` tells what the URL must be, without the URL itself, which may hold a password. */
export type ParsedRedisUrl = { ok: true; target: RedisTarget } | { ok: false; demand: string };

const kinds = ["redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"];
const defaultPorts = { server: 6379, sentinel: 26379, cluster: 6379 };

const examples = {
  socket: "such as unix:///run/redis.sock",
  server: "such as redis://user:password@host:6379/0",
  sentinel: "such as redis+sentinel://user:password@host1:26379,host2:26379/mymaster/0",
  cluster: "such as redis+cluster://user:password@host1:6379,host2:6379",
};

/**
 * Reads `redis[s]://user:password@host:port/db`, `unix:///path?username=&password=&db=`, and, spelt as most clients of
 * Redis that know it do, `redis[s]+sentinel://user:password@host:port,host:port/master/db?sentinel_username=&sentinel_password=`
 * and `redis[s]+cluster://user:password@host:port,host:port`. With TLS, `?ssl_ca_certs=` names a file of authorities.
 */
export function parseRedisUrl(text: string): ParsedRedisUrl {
  const [, scheme = "", rest = ""] = /^([a-z+]+):\/\/(.*)$/s.exec(text) ?? [];
  if (!kinds.includes(scheme)) {
    const others = "redis+sentinel:// or redis+cluster://, or rediss in its place for TLS";
    return refused(`must be a URL that begins with redis://, rediss:// or unix://, or with ${others}`);
  }
  try {
    return { ok: true, target: scheme === "unix" ? readSocket(text) : readNetwork(scheme, rest) };
  } catch (error) {
    if (error instanceof HumError) return refused(error.message);
    // decodeURIComponent has no other complaint.
    if (error instanceof URIError) {
      return refused("must have two hexadecimal digits after each %, such as %25 for the sign itself");
    }
    throw error;
  }
}

/** What a person may see of a URL that a client accepts. */
export const withoutPassword = (url: string): string =>
  url.replace(/^([a-z+]+:\/\/[^/?#:@]*):[^/?#]*@/, "$1:***@").replace(/([?&](?:sentinel_)?password=)[^&#]+/g, "$1***");

const refused = (demand: string): ParsedRedisUrl => ({ ok: false, demand });

const demand = (text: string) => new HumError("bad_request", text);

function readSocket(text: string): RedisTarget {
  const { socket } = examples;
  const url = URL.parse(text);
  if (url === null || url.host !== "" || url.pathname.length < 2) {
    throw demand(`must have the absolute path of a socket after unix://, ${socket}`);
  }
  const query = readQuery(url.search, ["username", "password", "db"]);
  const db = readDatabase(query.get("db") ?? "", socket);
  return { kind: "socket", path: decodeURIComponent(url.pathname), ...accountIn(query, ""), db };
}

function readNetwork(scheme: string, rest: string): RedisTarget {
  const tls = scheme.startsWith("rediss");
  const kind = scheme.endsWith("+sentinel") ? "sentinel" : scheme.endsWith("+cluster") ? "cluster" : "server";
  const example = examples[kind];
  // A password may hold an @ that should have been escaped: the last one is the border.
  const parts = /^(?:([^/?#]*)@)?([^/?#@]*)(?:\/([^?#]*))?(\?[^#]*)?$/.exec(rest);
  if (parts === null) throw demand(`must be a URL ${example}, its port from 1 to 65535`);
  const [, userinfo = "", hosts = "", path = "", search = ""] = parts;
  const [username = "", ...password] = userinfo.split(":");
  const account = { username: decodeURIComponent(username), password: decodeURIComponent(password.join(":")) };
  const query = readQuery(search, [
    ...(tls ? ["ssl_ca_certs"] : []),
    ...(kind === "sentinel" ? ["sentinel_username", "sentinel_password"] : []),
  ]);
  const security = { tls: tls ? { caFile: query.get("ssl_ca_certs") ?? null } : null };
  const [first, ...others] = hosts.split(",").map((host) => readAddress(host, { port: defaultPorts[kind], example }));
  if (first === undefined) throw demand(`must name a host, ${example}`);
  if (kind === "sentinel") {
    const [master = "", ...db] = path.split("/");
    if (master === "") throw demand(`must name the master after the sentinels, ${example}`);
    const sentinelAccount = accountIn(query, "sentinel_");
    const sentinels = [first, ...others];
    const common = { ...security, ...account, db: readDatabase(db.join("/"), example) };
    return { kind, sentinels, sentinelAccount, master: decodeURIComponent(master), ...common };
  }
  const db = readDatabase(path, example);
  if (kind === "server") {
    if (others.length > 0) throw demand(`must name one host, ${example}; several need redis+sentinel or redis+cluster`);
    return { kind, ...first, ...security, ...account, db };
  }
  if (db !== 0) throw demand(`must end after the nodes of the cluster, which has no numbered databases, ${example}`);
  return { kind, nodes: [first, ...others], ...security, ...account, db };
}

function readAddress(text: string, { port, example }: { port: number; example: string }): RedisAddress {
  const [, bracketed, plain, given] = /^(?:\[([0-9a-fA-F:.]+)\]|([^[\]:\s]*))(?::([0-9]{1,5}))?$/.exec(text) ?? [];
  const number = Number(given ?? port);
  if ((bracketed ?? plain) === undefined || number < 1 || number > 65535) {
    throw demand(`must be a URL ${example}, its port from 1 to 65535`);
  }
  return { host: bracketed ?? (decodeURIComponent(plain ?? "") || "127.0.0.1"), port: number };
}

function readDatabase(text: string, example: string): number {
  if (!/^[0-9]{0,9}$/.test(text)) throw demand(`must end in the number of a database or in none, ${example}`);
  return Number(text);
}

function readQuery(search: string, known: readonly string[]): URLSearchParams {
  const query = new URLSearchParams(search);
  const strange = [...query.keys()].find((key) => !known.includes(key));
  if (strange === undefined) return query;
  const these = known.length === 0 ? "no query parameter" : `no query parameters but ${known.join(", ")}`;
  throw demand(`must have ${these}`);
}

const accountIn = (query: URLSearchParams, prefix: string): RedisAccount => ({
  username: query.get(`${prefix}username`) ?? "",
  password: query.get(`${prefix}password`) ?? "",
});
