/** Random numbers from a seed: the same seed gives the same verdict, on every machine. */

export interface Random {
  /** The next 32 bits, 0 to 2^32 - 1. */
  bits(): number;
  /** At least 0 and below 1, in steps of 2^-32. */
  unit(): number;
  /** A whole number from 0 to `count` - 1. */
  below(count: number): number;
}

export type RandomState = readonly [number, number, number, number];

/**
 * xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021;
 * prng.di.unimi.it/xoshiro128starstar.c), started as its authors advise: with what SplitMix64 makes of the seed.
 * The seed is any safe integer.
 */
export function createRandom(seed: number): Random {
  const split = splitMix64(BigInt(seed));
  const [first, second] = [split(), split()];
  const low = (word: bigint) => Number(word & 0xffff_ffffn);
  const high = (word: bigint) => Number(word >> 32n);
  return randomFrom([low(first), high(first), low(second), high(second)]);
}

/** The generator in a given state, as the published test vectors have it; not all four may be zero. */
export function randomFrom(state: RandomState): Random {
  let [s0, s1, s2, s3] = state;
  const bits = () => {
    const scrambled = Math.imul(turn(Math.imul(s1, 5), 7), 9) >>> 0;
    const shifted = s1 << 9;
    s2 ^= s0;
    s3 ^= s1;
    s1 ^= s2;
    s0 ^= s3;
    s2 ^= shifted;
    s3 = turn(s3, 11);
    return scrambled;
  };
  const unit = () => bits() / 2 ** 32;
  // Some numbers are more likely than others by at most count / 2^32: nothing beside the noise of any resampling.
  return { bits, unit, below: (count) => Math.floor(unit() * count) };
}

/** The values in a random order (Fisher and Yates, as in Knuth, TAOCP 2, algorithm 3.4.2P). */
export function shuffled(values: readonly number[], random: Random): number[] {
  const order = [...values];
  for (let left = order.length; left > 1; left -= 1) {
    const chosen = random.below(left);
    const last = order[left - 1] ?? 0;
    order[left - 1] = order[chosen] ?? 0;
    order[chosen] = last;
  }
  return order;
}

function turn(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

/** SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014). */
function splitMix64(seed: bigint): () => bigint {
  let state = BigInt.asUintN(64, seed);
  return () => {
    state = BigInt.asUintN(64, state + 0x9e37_79b9_7f4a_7c15n);
    let mixed = state;
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 30n)) * 0xbf58_476d_1ce4_e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d0_49bb_1331_11ebn);
    return mixed ^ (mixed >> 31n);
  };
}
