/** Scores a run anew from the texts that it holds: another normalizer needs no new trial. */
import type { RunDocuments } from "../results/reader.ts";
import type { TrialRecord } from "../results/record.ts";
import type { ItemFacts } from "../workloads/item.ts";
import { scoreNames } from "./score.ts";
import { type AskedNormalizer, normalizersOf, scoreTexts } from "./texts.ts";

/** Every metric of words as if the run had been scored so; what was measured by a clock stays. */
export function rescoreRun(documents: RunDocuments, normalizer: AskedNormalizer): RunDocuments {
  const items = new Map(documents.run.items.map((item) => [item.key, item]));
  return { ...documents, trials: documents.trials.map((trial) => rescoreTrial(trial, { items, normalizer })) };
}

function rescoreTrial(
  trial: TrialRecord,
  { items, normalizer }: { items: ReadonlyMap<string, ItemFacts>; normalizer: AskedNormalizer },
): TrialRecord {
  const options = { normalizer, language: trial.run_config.language ?? null };
  const answers = answersOf(trial).flatMap(({ item: key, text }) => {
    const item = items.get(key ?? "");
    return item === undefined ? [] : [{ item, text }];
  });
  const heard = answers.flatMap(({ item, text }) => (text === null ? [] : [{ item, hypothesis: text }]));
  const asked = answers.map(({ item }) => item);
  const measured = Object.entries(trial.metrics).filter(([name]) => !scoreNames.includes(name));
  return {
    ...trial,
    normalizer: normalizersOf(asked, options),
    metrics: { ...Object.fromEntries(measured), ...scoreTexts(heard, options) },
  };
}

/** That of a trial, or those of each of its requests; null is a text that did not come. */
function answersOf({ workload, output, requests }: TrialRecord): { item: string | null; text: string | null }[] {
  return [{ item: workload.item, text: output?.text ?? null }, ...requests];
}
