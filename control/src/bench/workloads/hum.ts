/** The hum of the mains: 50 Hz and its overtones. */
import type { Random } from "../stats/random.ts";
import { sine } from "./arithmetic.ts";
import { sampleRate } from "./wave-file.ts";

const mainsHz = 50;
/** Of 50 Hz, 100 Hz, ...: transformers hum loudest at the double, and rectifiers add odd ones. */
const overtones = [0.6, 1, 0.35, 0.4, 0.2, 0.25, 0.1, 0.15, 0.05, 0.1];

/** The seed decides how the overtones lie to each other. */
export function addHum(samples: Float64Array, random: Random): void {
  for (const [index, height] of overtones.entries()) {
    const phase = random.unit();
    const turnsPerSample = (mainsHz * (index + 1)) / sampleRate;
    for (let at = 0; at < samples.length; at += 1) {
      samples[at] = (samples[at] ?? 0) + height * sine(phase + at * turnsPerSample);
    }
  }
}
