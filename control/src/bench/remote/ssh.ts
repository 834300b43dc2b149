/** A shell on another host, by the user's own ssh and its configuration. */
import { shellWord } from "../../core/invocation.ts";
import { runCommand } from "../../platform/child.ts";
import { addressText, type SshAddress } from "./address.ts";

export interface Remote {
  address: SshAddress;
  /** The command with options of its own, such as `["ssh", "-i", "key"]`. */
  ssh: readonly string[];
  env: Record<string, string>;
  signal: AbortSignal;
}

/** Nobody is asked for a password: whoever runs this may not be looking. */
export const sshCommandOf = ({ ssh, address }: Pick<Remote, "ssh" | "address">): string[] => [
  ...ssh,
  ...["-o", "BatchMode=yes", "-o", "ConnectTimeout=15"],
  ...(address.port === null ? [] : ["-p", String(address.port)]),
];

/** Runs a POSIX shell script there, whatever the user's shell; resolves with its standard output. */
export async function runScript(remote: Remote, script: string): Promise<string> {
  const { address, env, signal } = remote;
  const [command = "ssh", ...options] = sshCommandOf(remote);
  const args = [...options, "--", address.destination, `exec sh -c ${shellWord(script)}`];
  const { code, error, out, err } = await runCommand({ command, args, env, signal });
  if (code === 0) return out;
  signal.throwIfAborted();
  if (error !== null) throw new Error(`${command} does not run (${error}); install OpenSSH's client`);
  throw code === 255 ? unreachable(address, err) : new Error(`${addressText(address)}: ${lastLine(err)}`);
}

/** ssh's own failures have the exit status 255. */
export function unreachable(address: SshAddress, err: string): Error {
  const { destination, port } = address;
  const attempt = ["ssh", ...(port === null ? [] : ["-p", String(port)]), destination].join(" ");
  return new Error(
    `${addressText(address)} cannot be reached by ssh: ${lastLine(err)}; '${attempt} true' must work without a password`,
  );
}

export const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() || "no reason told";
