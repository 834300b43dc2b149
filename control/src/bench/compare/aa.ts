/** The A/A test of a run: a run config and its twin, of which every difference is the machine's and the harness's own. */
import { logRatios } from "../stats/speed.ts";
import { pairBlocks } from "./pair.ts";
import type { Side } from "./side.ts";

/** ln(twin / original) of the blocks that both have answered, for `leastDetectable`; undefined without a twin. */
export function aaRatios({ configs, samples }: Side): number[] | undefined {
  const twin = configs.find(({ twin_of }) => twin_of !== null);
  if (twin === undefined) return;
  const of = (key: string | null) => samples.filter(({ config_key }) => config_key === key);
  return logRatios(pairBlocks({ reference: of(twin.twin_of), candidate: of(twin.config_key) }).map(({ pair }) => pair));
}
