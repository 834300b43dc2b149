/** What the results' directory of another host holds, and the hashes of what was taken from it. */
import { z } from "zod";
import { addressText } from "./address.ts";
import { type Remote, runScript } from "./ssh.ts";

export interface RemoteFile {
  name: string;
  bytes: number;
  /** Seconds since it was last written to, by that host's clock. */
  age_s: number;
  /** What its harness wrote down when the run was complete; null before that. */
  sha256: string | null;
}

const lineSchema = z.tuple([
  z.coerce.number().int(),
  z.coerce.number().int(),
  z.union([z.literal("-").transform(() => null), z.string().regex(/^[0-9a-f]{64}$/)]),
  // As it is joined with a directory of ours.
  z.string().regex(/^benchmark-[\w.-]*\.db\.yaml$/),
]);

/** Rejects where the directory is not there. */
export async function listRemote(remote: Remote, directory: string): Promise<RemoteFile[]> {
  const said = await runScript(
    remote,
    `cd ${directory} 2>/dev/null || { echo none; exit 0; }
date +%s
for f in benchmark-*.db.yaml; do
  [ -f "$f" ] || continue
  m=$(stat -c %Y "$f" 2>/dev/null || stat -f %m "$f")
  s=$(head -n 1 "$f.sha256" 2>/dev/null | cut -c 1-64)
  echo $(wc -c <"$f") $m "\${s:--}" "$f"
done`,
  );
  const [now, ...lines] = said.trim().split("\n");
  if (now === "none") {
    throw new Error(
      `${addressText(remote.address)} has no directory ${directory}; run make bench there first, or name another by BENCH_DIR`,
    );
  }
  const nowS = z.coerce.number().int().parse(now);
  return lines.flatMap((line) => {
    const parsed = lineSchema.safeParse(line.split(" "));
    if (!parsed.success) return [];
    const [bytes, modifiedS, sha256, name] = parsed.data;
    return [{ name, bytes, age_s: Math.max(0, nowS - modifiedS), sha256 }];
  });
}

const hashSchema = z.tuple([z.string().regex(/^[0-9a-f]{64}$/), z.string()]);

/** Of the first `bytes` bytes of each file there: one that grows can be held against what was taken of it. */
export async function hashRemote(
  remote: Remote,
  { directory, files }: { directory: string; files: readonly { name: string; bytes: number }[] },
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  // A script is one word of a command line, which holds 128 kB.
  for (let start = 0; start < files.length; start += filesAtOnce) {
    const some = files.slice(start, start + filesAtOnce);
    const said = await runScript(
      remote,
      `cd ${directory}
hash() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi; }
while read -r n f; do
  echo "$(head -c "$n" "$f" | hash | cut -c 1-64) $f"
done <<'END'
${some.map(({ name, bytes }) => `${bytes} ${name}`).join("\n")}
END`,
    );
    for (const line of said.trim().split("\n")) {
      const [hash, name] = hashSchema.parse(line.split(" "));
      hashes.set(name, hash);
    }
  }
  return hashes;
}

const filesAtOnce = 500;
