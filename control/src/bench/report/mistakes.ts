/** Where texts differ from what was said, as runs of words: what the alignment view shows. */
import type { TrialRecord } from "../results/record.ts";
import { alignWords } from "../score/align.ts";
import { type NormalizerName, normalizerFor, normalizers } from "../score/normalize/normalizers.ts";
import { splitWords } from "../score/normalize/python-text.ts";
import { ascending } from "../stats/quantile.ts";
import type { ItemFacts } from "../workloads/item.ts";
import type { Mistake, Piece } from "./mistake.ts";

export interface Mistakes {
  /** Worst first. */
  shown: Mistake[];
  /** Different texts with errors, those that are not shown among them. */
  found: number;
  /** Different texts in all. */
  texts: number;
}

/** `budget` is the number of letters that are shown at most. */
export function findMistakes(
  trials: readonly TrialRecord[],
  {
    configs,
    items,
    budget,
  }: {
    configs: readonly string[];
    items: ReadonlyMap<string, ItemFacts>;
    budget: number;
  },
): Mistakes {
  const places = new Map(configs.map((key, place) => [key, place]));
  const texts = Map.groupBy(
    trials.flatMap((trial) => {
      const item = items.get(trial.workload.item ?? "");
      if (trial.warmup || trial.output === null || item === undefined || item.text === null) return [];
      return [{ trial, item, said: item.text, heard: trial.output.text }];
    }),
    ({ trial, item, heard }) => JSON.stringify([item.key, trial.normalizer, heard]),
  );
  const mistakes = [...texts.values()].flatMap(([first, ...again]) => {
    if (first === undefined) return [];
    const { trial, item, said, heard } = first;
    const wordsOf = wordsAfter(trial, item);
    const reference = wordsOf(said);
    const hypothesis = wordsOf(heard);
    const { edits, substitutions, deletions, insertions } = alignWords(reference, hypothesis);
    if (substitutions + deletions + insertions === 0) return [];
    const pieces = edits.map((edit): Piece => {
      const before = reference.slice(edit.reference, edit.reference + (edit.kind === "insert" ? 0 : edit.length));
      const after = hypothesis.slice(edit.hypothesis, edit.hypothesis + (edit.kind === "delete" ? 0 : edit.length));
      return edit.kind === "equal" ? [before.join(" ")] : [before.join(" "), after.join(" ")];
    });
    const own = new Set([first, ...again].map((told) => places.get(told.trial.config_key) ?? 0));
    const counts = { words: reference.length, substitutions, deletions, insertions };
    return [{ configs: [...own].toSorted(ascending), item: item.key, trials: 1 + again.length, ...counts, pieces }];
  });
  const worstFirst = mistakes.toSorted((a, b) => errorsOf(b) - errorsOf(a) || a.item.localeCompare(b.item));
  let letters = 0;
  const shown = worstFirst.filter(({ pieces }) => {
    letters += pieces.flat().reduce((sum, { length }) => sum + length + 8, 80);
    return letters <= budget;
  });
  return { shown, found: mistakes.length, texts: texts.size };
}

/** As the trial was scored. */
function wordsAfter({ normalizer, run_config }: TrialRecord, item: ItemFacts): (text: string) => string[] {
  const named = isNormalizer(normalizer) ? normalizer : normalizerFor(item.language ?? run_config.language ?? null);
  return (text) => splitWords(normalizers[named](text));
}

function isNormalizer(name: string): name is NormalizerName {
  return name in normalizers;
}

function errorsOf({ substitutions, deletions, insertions }: Mistake): number {
  return substitutions + deletions + insertions;
}
