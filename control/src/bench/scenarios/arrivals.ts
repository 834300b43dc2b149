/** When requests arrive by themselves: seconds from the trial's start, fixed before it begins. */

export interface ArrivalOptions {
  /** Requests a second; of no meaning to a trace. */
  rate: number;
  count: number;
  random: () => number;
  trace?: readonly number[];
}

/**
 * `poisson`: independent gaps of exponential length, by inversion (Knuth, TAOCP 2, 3.4.1), so that as many arrive as the
 * rate says, though in clusters. `constant`: all gaps alike. `trace`: as it was recorded, and no more than it holds.
 */
export function arrivalsOf(kind: "poisson" | "constant" | "trace", options: ArrivalOptions): number[] {
  const { rate, count, random, trace = [] } = options;
  switch (kind) {
    case "constant":
      return Array.from({ length: count }, (_, index) => index / rate);
    case "trace":
      return trace.toSorted((a, b) => a - b).slice(0, count);
    case "poisson": {
      let at = 0;
      return Array.from({ length: count }, () => {
        // 1 - random is never 0.
        at -= Math.log(1 - random()) / rate;
        return at;
      });
    }
  }
}
