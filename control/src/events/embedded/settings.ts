/** The embedded server's configuration file: loopback only, durable, one user for us and one for subscribers. */
import { createHash } from "node:crypto";
import { streamNames } from "../catalogue.ts";
import { commandStream, deadCommandStream } from "../commands.ts";
import { metaKey, streamKey } from "../sinks/append.ts";
import { adminUser, type Identity, subscriberUser } from "./identity.ts";

/** Reads, subscribes and keeps its own place by consumer groups; can neither add, change nor trim an event, but send commands. */
const subscriberCommands = [
  ...["auth", "hello", "ping", "echo", "quit", "reset", "select", "info", "command", "multi", "exec", "discard"],
  ...["client|setname", "client|getname", "client|setinfo", "client|id", "client|no-touch"],
  ...["subscribe", "unsubscribe", "psubscribe", "punsubscribe"],
  ...["xread", "xrange", "xrevrange", "xlen", "xinfo", "exists", "type", "hget", "hgetall"],
  ...["xreadgroup", "xack", "xclaim", "xautoclaim", "xpending"],
  ...["xgroup|create", "xgroup|createconsumer", "xgroup|delconsumer", "xgroup|destroy", "xgroup|setid"],
];

/**
 * In parentheses stands what it may do with the commands: to read them by their group would be to take them from the nodes.
 * PSUBSCRIBE takes a pattern only where the rule is that very pattern, so that channels are open; PUBLISH is not.
 */
function subscriberRules(identity: Identity): string {
  const streams = streamNames.map((stream) => `~${streamKey(stream)}`);
  const commands = subscriberCommands.map((command) => `+${command}`);
  const own = ["on", hashed(identity.subscriber_password)];
  const keys = [...streams, `%R~${metaKey}`, `%R~${deadCommandStream}`];
  const sending = `(+xadd +xlen ~${commandStream})`;
  return [...own, ...keys, "&*", "-@all", ...commands, sending].join(" ");
}

export function serverSettings(options: {
  identity: Identity;
  port: number;
  socketPath: string;
  dataDir: string;
}): string {
  const { identity, port, socketPath, dataDir } = options;
  return `${[
    "bind 127.0.0.1",
    `port ${port}`,
    `unixsocket ${quoted(socketPath)}`,
    "unixsocketperm 600",
    `dir ${quoted(dataDir)}`,
    "appendonly yes",
    "appendfsync everysec",
    'save ""',
    "loglevel warning",
    "user default off",
    `user ${adminUser} on ${hashed(identity.admin_password)} ~* &* +@all`,
    `user ${subscriberUser} ${subscriberRules(identity)}`,
  ].join("\n")}\n`;
}

/** Passwords never stand in the open on a command line or in a file that a backup might take. */
const hashed = (password: string) => `#${createHash("sha256").update(password).digest("hex")}`;

const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
