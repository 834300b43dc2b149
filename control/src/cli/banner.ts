/** What `serve` says once it can transcribe: where it is, and two commands to try. */
import { join } from "node:path";
import { checkoutRoot } from "../core/checkout.ts";
import { invocation, pathFrom, shellWord } from "../core/invocation.ts";

export interface BannerFacts {
  url: string;
  model: string;
  /** Where events can be followed; a password that its owner configured is left out. */
  redisUrl: string;
  needsKey: boolean;
  cwd: string;
  startedInS: number;
}

export function renderBanner(facts: BannerFacts): string {
  const key = facts.needsKey ? ' -H "Authorization: Bearer $HUM_API_KEY"' : "";
  const sample = shellWord(pathFrom(facts.cwd, join(checkoutRoot, "configs", "samples", "jfk.wav")));
  return `
hum-helix is ready at ${facts.url} (model ${facts.model}, after ${facts.startedInS.toFixed(1)} s)

Transcribe the sample:
  curl -s ${facts.url}/v1/audio/transcriptions${key} -F file=@${sample}

Subscribe to the events with any Redis client:
${facts.redisUrl}

Follow them here:
  ${invocation(facts.cwd)} events tail

Ctrl-C stops everything.
`;
}
