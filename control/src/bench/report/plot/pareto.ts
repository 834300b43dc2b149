/** The Pareto front: what nothing else beats in both of two metrics. */

export interface Candidate {
  /** Less is better. */
  cost: number;
  /** More is better. */
  gain: number;
}

/** Those that no other is at least as good as in both and better in one; by rising cost. Equals are all in it. */
export function paretoFront<Kind extends Candidate>(candidates: readonly Kind[]): Kind[] {
  const byCost = candidates.toSorted((a, b) => a.cost - b.cost || b.gain - a.gain);
  const front: Kind[] = [];
  for (const candidate of byCost) {
    const best = front.at(-1);
    const equal = best?.cost === candidate.cost && best.gain === candidate.gain;
    if (best === undefined || candidate.gain > best.gain || equal) front.push(candidate);
  }
  return front;
}
