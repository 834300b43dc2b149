/** The host that results are pulled from: that of a Docker endpoint, or one that is named as for ssh. */

export interface SshAddress {
  /** `host` or `user@host`: what ssh takes, an alias of its configuration included. */
  destination: string;
  port: number | null;
}

/** Of `ssh://user@host:port`, of `tcp://host:port` (whose port is the engine's), or as ssh takes it; null for anything else. */
export function sshAddressOf(text: string): SshAddress | null {
  if (/^(ssh|tcp):\/\//.test(text)) {
    const url = URL.parse(text);
    if (url === null || url.hostname === "") return null;
    const user = decodeURIComponent(url.username);
    const address = isDestination(url.hostname, user);
    const port = url.protocol === "ssh:" && url.port !== "" ? Number(url.port) : null;
    return address ? { destination: joined(user, url.hostname.replace(/^\[|\]$/g, "")), port } : null;
  }
  const [, user = "", host = ""] = /^(?:([^@]*)@)?(.*)$/.exec(text) ?? [];
  return isDestination(host, user) ? { destination: text, port: null } : null;
}

/** Nothing that ssh or rsync would take for an option, or a shell for more than a word. */
const isDestination = (host: string, user: string) =>
  /^(\w[\w.-]*|\[[\da-fA-F:.]+\])$/.test(host) && /^(\w[\w.-]*)?$/.test(user);

const joined = (user: string, host: string) => (user === "" ? host : `${user}@${host}`);

/** As rsync takes it before the colon: there an IPv6 address stands in brackets. */
export function rsyncHostOf({ destination }: SshAddress): string {
  const [, user = "", host = ""] = /^(.*@)?(.*)$/.exec(destination) ?? [];
  return `${user}${host.includes(":") ? `[${host}]` : host}`;
}

/** `user@host:port`, for people. */
export const addressText = ({ destination, port }: SshAddress): string =>
  port === null ? destination : `${destination}:${port}`;
