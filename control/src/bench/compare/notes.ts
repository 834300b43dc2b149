/** What a reader of a comparison must know beside its numbers. */
import type { Detectable } from "../stats/detectable.ts";
import type { Matched } from "./reference.ts";
import type { Side } from "./side.ts";
import { percent } from "./words.ts";

export function notesOf({
  candidate,
  baseline,
  matched,
  machine,
  forced,
}: {
  candidate: Side;
  baseline: Side | undefined;
  matched: readonly Matched[];
  machine: Detectable | null;
  forced: string | null;
}): string[] {
  const lone = matched.filter(({ reference }) => reference === undefined).map(({ candidate: { label } }) => label);
  const unsupported = candidate.configs.filter((config) => config.unsupported.length > 0);
  return [
    ...(forced === null ? [] : [`forced: ${forced}`]),
    ...(baseline === undefined
      ? candidate.interleaved
        ? []
        : ["the run configs ran one after the other: what drifted meanwhile is part of the differences"]
      : ["the two runs did not take turns: what differed between them, the machine too, is part of the differences"]),
    ...(machine?.biased === true
      ? [`the A/A test favours one side by ${percent(Math.abs(machine.bias))}: no difference near it is to be trusted`]
      : []),
    ...candidate.doubts,
    ...lone.map((label) => `${label} has nothing to be compared with`),
    ...unsupported.map(
      ({ label, unsupported: names }) => `${label} was not run: the SUT cannot be told ${names.join(", ")}`,
    ),
  ];
}
