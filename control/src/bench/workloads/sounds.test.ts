import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sounds } from "../definition/workload.ts";
import { sine, tenToThe } from "./arithmetic.ts";
import { makeSound } from "./sounds.ts";
import { encodeWave, sampleRate, waveDuration } from "./wave-file.ts";

const loud = sounds.filter((sound) => sound !== "silence");

function levelOf(samples: Int16Array): number {
  let power = 0;
  for (const sample of samples) power += sample * sample;
  return 10 * Math.log10(power / samples.length / 32_768 ** 2);
}

/** Mean power of each octave from `fromHz` on, in dB, by a plain Fourier transform over windows of 1024 samples. */
function octavesOf(samples: Int16Array, fromHz: number): number[] {
  const size = 1024;
  const power = new Float64Array(size / 2);
  const window = Float64Array.from({ length: size }, (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / size));
  for (let begin = 0; begin + size <= samples.length; begin += size) {
    for (let bin = 0; bin < size / 2; bin += 1) {
      let [real, imaginary] = [0, 0];
      for (let n = 0; n < size; n += 1) {
        const sample = (samples[begin + n] ?? 0) * (window[n] ?? 0);
        const turns = ((bin * n) % size) / size;
        real += sample * (cosines[Math.round(turns * size)] ?? 0);
        imaginary += sample * (sines[Math.round(turns * size)] ?? 0);
      }
      power[bin] = (power[bin] ?? 0) + real * real + imaginary * imaginary;
    }
  }
  const octaves: number[] = [];
  for (let hz = fromHz; hz * 2 <= sampleRate / 2; hz *= 2) {
    const bins = power.slice(Math.round((hz * size) / sampleRate), Math.round((2 * hz * size) / sampleRate));
    octaves.push(10 * Math.log10(bins.reduce((sum, bin) => sum + bin, 0) / bins.length));
  }
  return octaves;
}
const cosines = Float64Array.from({ length: 1024 }, (_, n) => Math.cos((2 * Math.PI * n) / 1024));
const sines = Float64Array.from({ length: 1024 }, (_, n) => Math.sin((2 * Math.PI * n) / 1024));
const stepsOf = (octaves: number[]) => octaves.slice(1).map((level, index) => level - (octaves[index] ?? 0));

test.each(loud.flatMap((sound) => [-25, -40, -60].map((level) => [sound, level] as const)))(
  "%s of %d dBFS has that level within 0.1 dB, and lasts as long as it shall",
  (sound, level_dbfs) => {
    const samples = makeSound({ sound, level_dbfs, duration_s: 3.21, seed: 4 });
    expect(samples.length).toBe(51_360);
    expect(Math.abs(levelOf(samples) - level_dbfs)).toBeLessThan(0.1);
  },
);

test("silence is nothing but zeros", () => {
  expect(makeSound({ sound: "silence", level_dbfs: -30, duration_s: 1, seed: 1 })).toEqual(new Int16Array(16_000));
});

test("pink noise falls by 3 dB an octave, and white noise not at all", () => {
  const spectrum = (sound: "pink-noise" | "white-noise") =>
    stepsOf(octavesOf(makeSound({ sound, level_dbfs: -25, duration_s: 4, seed: 2 }), 250));
  for (const step of spectrum("pink-noise")) expect(Math.abs(step + 3.01)).toBeLessThan(0.5);
  for (const step of spectrum("white-noise")) expect(Math.abs(step)).toBeLessThan(0.5);
});

test("hum has its power at multiples of 50 Hz", () => {
  // A second holds whole periods of each: what is left after taking one period from the next is rounding.
  const samples = makeSound({ sound: "hum", level_dbfs: -20, duration_s: 1, seed: 1 });
  const period = sampleRate / 50;
  const rest = samples.slice(period).map((sample, index) => sample - (samples[index] ?? 0));
  expect(levelOf(rest)).toBeLessThan(-80);
});

/** Changing one of these changes what earlier results were measured on: then a sound needs another name. */
test.each([
  ["silence", "20eaebff"],
  ["white-noise", "14ecaffa"],
  ["pink-noise", "c80f25ba"],
  ["hum", "f189300e"],
  ["clicks", "31007d87"],
  ["music", "efcfa519"],
] as const)("%s is the same file on every machine and in every version", (sound, hash) => {
  const wave = encodeWave(makeSound({ sound, level_dbfs: -30, duration_s: 2, seed: 1 }));
  expect(createHash("sha256").update(wave).digest("hex").slice(0, 8)).toBe(hash);
});

test.each(loud)("another seed gives another %s", (sound) => {
  const make = (seed: number) => makeSound({ sound, level_dbfs: -30, duration_s: 1, seed });
  expect(make(1)).toEqual(make(1));
  expect(make(1)).not.toEqual(make(2));
});

test("a level at which peaks would be cut off is refused with the greatest that is possible", () => {
  const make = (level_dbfs: number) => makeSound({ sound: "white-noise", level_dbfs, duration_s: 1, seed: 1 });
  expect(() => make(-3)).toThrow("white-noise of -3 dBFS would be cut off at its peaks; at most -4.8 dBFS is possible");
  expect(Math.abs(levelOf(make(-4.8)) + 4.8)).toBeLessThan(0.01);
});

test("the sine and the power of ten agree with those of the platform", () => {
  for (let turns = -2; turns <= 2; turns += 0.0137) expect(sine(turns)).toBeCloseTo(Math.sin(turns * 2 * Math.PI), 10);
  for (let exponent = -5; exponent <= 5; exponent += 0.137) {
    expect(tenToThe(exponent) / 10 ** exponent).toBeCloseTo(1, 11);
  }
});

test("the duration of a WAV is that of its samples, whatever stands before them", () => {
  const wave = encodeWave(new Int16Array(8000));
  expect(waveDuration(wave, wave.byteLength)).toBe(0.5);
  const list = Buffer.from("LIST\x03\0\0\0abc\0", "latin1");
  const longer = Buffer.concat([wave.subarray(0, 36), list, wave.subarray(36)]);
  expect(waveDuration(longer, longer.byteLength)).toBe(0.5);
});

test("a WAV that is cut off, compressed or none at all is left to a decoder", () => {
  const wave = encodeWave(new Int16Array(8000));
  expect(waveDuration(wave, wave.byteLength - 2)).toBeNull();
  const compressed = Buffer.from(wave);
  compressed.writeUInt16LE(0x11, 20);
  expect(waveDuration(compressed, compressed.byteLength)).toBeNull();
  expect(waveDuration(Buffer.from("fLaC and more"), 13)).toBeNull();
});
