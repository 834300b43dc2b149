/** Music without a voice: chords with a bass and a wandering melody, of plucked notes. */
import type { Random } from "../stats/random.ts";
import { sine } from "./arithmetic.ts";
import { sampleRate } from "./wave-file.ts";

/** C major from C3 on, in Hz, of equal temperament with A4 at 440 Hz; written out, since powers differ by machine. */
const scaleHz = [
  130.8128, 146.8324, 164.8138, 174.6141, 195.9977, 220, 246.9417, 261.6256, 293.6648, 329.6276, 349.2282, 391.9954,
  440, 493.8833, 523.2511, 587.3295, 659.2551, 698.4565, 783.9909, 880,
] as const;

/** Roots as steps of the scale: C, G, A minor, F, and what else often follows upon each other. */
const progressions = [
  [0, 4, 5, 3],
  [5, 3, 0, 4],
  [0, 5, 3, 4],
  [1, 4, 0, 5],
] as const;

const beat = sampleRate / 2;
const beatsPerChord = 4;
const attack = sampleRate / 100;
/** A note falls to 1/e in half a second. */
const fading = 1 - 1 / (sampleRate / 2);
const overtones = [1, 0.45, 0.2, 0.1];

/** The seed chooses the progression and the melody. */
export function makeMusic(samples: Float64Array, random: Random): void {
  const roots = progressions[random.below(progressions.length)] ?? progressions[0];
  let melody = 9;
  for (let count = 0; count * beat < samples.length; count += 1) {
    const begin = count * beat;
    const root = roots[Math.floor(count / beatsPerChord) % roots.length] ?? 0;
    if (count % beatsPerChord === 0) {
      for (const step of [0, 2, 4]) pluck(samples, { begin, beats: beatsPerChord, step: root + step, height: 0.5 });
    }
    if (count % 2 === 0) pluck(samples, { begin, beats: 2, step: root, height: 0.7 });
    melody = Math.min(18, Math.max(7, melody + random.below(5) - 2));
    pluck(samples, { begin, beats: 1, step: melody, height: 0.6 });
  }
}

interface Note {
  begin: number;
  beats: number;
  /** Of the scale. */
  step: number;
  height: number;
}

function pluck(samples: Float64Array, { begin, beats, step, height }: Note): void {
  const turnsPerSample = (scaleHz[step] ?? scaleHz[0]) / sampleRate;
  const end = Math.min(begin + beats * beat, samples.length);
  let fade = height;
  for (let at = begin; at < end; at += 1) {
    const since = at - begin;
    // Both ends go to nothing: a note that is cut off would click.
    const edge = Math.min(1, since / attack, (begin + beats * beat - at) / attack);
    const turns = since * turnsPerSample;
    let sum = 0;
    for (const [index, share] of overtones.entries()) sum += share * sine(turns * (index + 1));
    samples[at] = (samples[at] ?? 0) + edge * fade * sum;
    fade *= fading;
  }
}
