/** Versions of Debian packages, for what was made from them. */
import { spawnChild } from "../../../platform/child.ts";

/** `asterisk-core-sounds-en-wav 1.6.1-1`; without the version where there is no dpkg. */
export async function packageVersion(name: string): Promise<string> {
  let version = "";
  const child = spawnChild({
    command: "dpkg-query",
    args: ["--show", name],
    env: { PATH: process.env.PATH ?? "" },
    onLine(line, stream) {
      if (stream === "stdout") version = line.split("\t")[1] ?? "";
    },
  });
  const { code } = await child.exited;
  return code === 0 && version !== "" ? `${name} ${version}` : name;
}
