import { readFileSync, writeFileSync } from "node:fs";
import { consumers } from "../../consumers/suite.ts";

/** Back to the first event; how far each source has come stays. */
function forgetPlace(state: string): void {
  writeFileSync(state, readFileSync(state, "utf8").replace(/^\S+/, "0"));
}

consumers([
  { file: "consumer.sh", command: "/bin/sh", ready: null, rewind: null },
  { file: "consumer-sse.sh", command: "/bin/sh", ready: null, rewind: forgetPlace },
]);
