/** Pulls files with rsync: what is here already is not sent again, and what was interrupted goes on. */
import { writeFileSync } from "node:fs";
import { shellWord } from "../../core/invocation.ts";
import { runCommand } from "../../platform/child.ts";
import { addressText, rsyncHostOf } from "./address.ts";
import { lastLine, type Remote, sshCommandOf, unreachable } from "./ssh.ts";

interface Pull {
  /** On the other host. */
  directory: string;
  names: readonly string[];
  /** Where they are put; files there that an earlier pull did not finish are gone on with. */
  into: string;
  /** Where older copies of them may lie. */
  beside: string;
  onFile: (name: string) => void;
}

/** A file that is written meanwhile comes as far as it was when its turn came. */
export async function pullFiles(remote: Remote, { directory, names, into, beside, onFile }: Pull): Promise<void> {
  const list = `${into}.names`;
  writeFileSync(list, names.map((name) => `${name}\n`).join(""));
  const { code, error, err } = await runCommand({
    command: "rsync",
    args: [
      ...["--verbose", "--times", "--compress", "--partial", `--files-from=${list}`, `--copy-dest=${beside}`],
      ...["--rsh", sshCommandOf(remote).map(shellWord).join(" ")],
      `${rsyncHostOf(remote.address)}:${directory}/`,
      `${into}/`,
    ],
    env: remote.env,
    signal: remote.signal,
    onLine: (line) => names.includes(line) && onFile(line),
  });
  if (code === 0) return;
  remote.signal.throwIfAborted();
  if (error !== null) throw new Error("rsync is not installed here; install it (apt-get install rsync)");
  if (code === 255) throw unreachable(remote.address, err);
  const host = addressText(remote.address);
  if (code === 127 || /rsync: (command )?not found/.test(err))
    throw new Error(`${host} has no rsync; install it there`);
  throw new Error(`rsync from ${host} failed: ${lastLine(err)}`);
}
