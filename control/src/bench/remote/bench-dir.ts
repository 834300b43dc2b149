/** The directory for results on the host of a Docker engine: BENCH_DIR. */
import { quote } from "../../core/quote.ts";

const defaultBenchDir = "/opt/hum-helix";

/** Throws for what a shell or rsync there could take for anything but one absolute path. */
export function benchDirOf(env: Readonly<Record<string, string | undefined>>): string {
  const { BENCH_DIR = "" } = env;
  if (BENCH_DIR === "") return defaultBenchDir;
  if (!/^\/[\w.@+/-]+$/.test(BENCH_DIR) || BENCH_DIR.split("/").includes("..")) {
    throw new Error(
      `BENCH_DIR is ${quote(BENCH_DIR)}; it must be an absolute path of letters, digits, '.', '_', '-', '@' and '+', such as ${defaultBenchDir}`,
    );
  }
  return BENCH_DIR.replace(/\/+$/, "");
}
