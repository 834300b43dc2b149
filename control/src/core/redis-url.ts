/** The URL of a Redis: where the server is, and who we are there. */

export type RedisTarget = ({ path: string } | { host: string; port: number; tls: boolean }) & {
  /** Empty for the default user. */
  username: string;
  /** Empty for none. */
  password: string;
  db: number;
};

/** `demand` tells what the URL must be, without the URL itself, which may hold a password. */
export type ParsedRedisUrl = { ok: true; target: RedisTarget } | { ok: false; demand: string };

const example = "such as redis://user:password@host:6379/0";

/** Reads `redis://`, `rediss://`, and `unix:///path?username=&password=&db=`. */
export function parseRedisUrl(text: string): ParsedRedisUrl {
  if (!/^(rediss?|unix):\/\//.test(text)) {
    return refused("must be a URL that begins with redis://, rediss:// or unix://");
  }
  const url = URL.parse(text);
  if (url === null || url.port === "0") return refused(`must be a URL ${example}, its port from 1 to 65535`);
  const isSocket = url.protocol === "unix:";
  if (isSocket && (url.host !== "" || url.pathname.length < 2)) {
    return refused("must have the absolute path of a socket after unix://, such as unix:///run/redis.sock");
  }
  const db = isSocket ? (url.searchParams.get("db") ?? "") : url.pathname.slice(1);
  if (!/^[0-9]{0,9}$/.test(db)) return refused(`must end in the number of a database or in none, ${example}`);
  try {
    return { ok: true, target: { ...(isSocket ? socketOf(url) : hostOf(url)), db: Number(db) } };
  } catch {
    return refused("must have two hexadecimal digits after each %, such as %25 for the sign itself");
  }
}

const refused = (demand: string): ParsedRedisUrl => ({ ok: false, demand });

const socketOf = ({ pathname, searchParams }: URL) => ({
  path: decodeURIComponent(pathname),
  username: searchParams.get("username") ?? "",
  password: searchParams.get("password") ?? "",
});

const hostOf = ({ protocol, hostname, port, username, password }: URL) => ({
  host: hostname.replace(/^\[(.*)\]$/, "$1") || "127.0.0.1",
  port: Number(port || 6379),
  tls: protocol === "rediss:",
  username: decodeURIComponent(username),
  password: decodeURIComponent(password),
});
