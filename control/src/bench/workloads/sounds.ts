/** Sounds that hold no speech, from a seed: 16 kHz mono, of exact length and level, the same bytes on every machine. */
import type { GeneratedWorkload, sounds } from "../definition/workload.ts";
import { createRandom, type Random } from "../stats/random.ts";
import { tenToThe } from "./arithmetic.ts";
import { addHum } from "./hum.ts";
import { makeMusic } from "./music.ts";
import { sampleRate } from "./wave-file.ts";

export type Sound = (typeof sounds)[number];
export type SoundRequest = Pick<GeneratedWorkload, "sound" | "duration_s" | "level_dbfs" | "seed">;

const fullScale = 32_768;
const loudest = 32_767;

/** Fills the samples at whatever level it likes. */
type Maker = (samples: Float64Array, random: Random) => void;

const makers: Readonly<Record<Exclude<Sound, "silence">, Maker>> = {
  "white-noise": whiteNoise,
  "pink-noise": pinkNoise,
  hum: addHum,
  clicks,
  music: makeMusic,
};

/**
 * The level is the root mean square, where a square wave of full scale has 0 dBFS. It is met within 0.1 dB down to
 * -84 dBFS; below that the rounding to 16 bits is heard too. Throws where peaks would have to be cut off.
 */
export function makeSound({ sound, duration_s, level_dbfs, seed }: SoundRequest): Int16Array {
  const length = Math.round(duration_s * sampleRate);
  if (sound === "silence") return new Int16Array(length);
  const samples = new Float64Array(length);
  makers[sound](samples, createRandom(seed));
  return scaled(samples, { sound, level_dbfs });
}

function scaled(samples: Float64Array, { sound, level_dbfs }: Pick<SoundRequest, "sound" | "level_dbfs">): Int16Array {
  let power = 0;
  let peak = 0;
  for (const sample of samples) {
    power += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  const root = Math.sqrt(power / samples.length);
  const gain = (fullScale * tenToThe(level_dbfs / 20)) / root;
  if (peak * gain > loudest) {
    const most = Math.floor(20 * Math.log10((loudest * root) / (peak * fullScale)) * 10) / 10;
    throw new RangeError(
      `${sound} of ${level_dbfs} dBFS would be cut off at its peaks; at most ${most} dBFS is possible`,
    );
  }
  return Int16Array.from(samples, (sample) => Math.round(sample * gain));
}

/** Uniform, so that it can be loud without being cut off; its spectrum is as flat as that of any other. */
function whiteNoise(samples: Float64Array, random: Random): void {
  for (let index = 0; index < samples.length; index += 1) samples[index] = random.unit() * 2 - 1;
}

/**
 * Poles, gains and the share of the input of Paul Kellet's refined filter (musicdsp.org, "Pink noise filter"): -3 dB an
 * octave within 0.05 dB from 1/4800 of the sample rate on, here 3.3 Hz.
 */
const pinkPoles = [
  [0.99886, 0.0555179],
  [0.99332, 0.0750759],
  [0.969, 0.153852],
  [0.8665, 0.3104856],
  [0.55, 0.5329522],
  [-0.7616, -0.016898],
] as const;
const [pinkDirect, pinkDelayed] = [0.5362, 0.115926];
/** Until the slowest pole has forgotten that it began with nothing. */
const pinkRunIn = 16_384;

function pinkNoise(samples: Float64Array, random: Random): void {
  const states = new Float64Array(pinkPoles.length);
  let before = 0;
  for (let index = -pinkRunIn; index < samples.length; index += 1) {
    const white = random.unit() * 2 - 1;
    let sum = before + white * pinkDirect;
    for (const [at, [pole, gain]] of pinkPoles.entries()) {
      const state = pole * (states[at] ?? 0) + white * gain;
      states[at] = state;
      sum += state;
    }
    before = white * pinkDelayed;
    if (index >= 0) samples[index] = sum;
  }
}

/** As of keys or a bad contact: bursts of noise that fade within some milliseconds, 50 to 250 ms apart. */
function clicks(samples: Float64Array, random: Random): void {
  const burst = 640;
  const fading = 0.99;
  for (let begin = random.below(800); begin < samples.length; begin += 800 + random.below(3200)) {
    let height = 0.5 + random.unit() / 2;
    for (let index = begin; index < Math.min(begin + burst, samples.length); index += 1) {
      samples[index] = height * (random.unit() * 2 - 1);
      height *= fading;
    }
  }
}
