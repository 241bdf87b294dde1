/** Seeded random numbers. */

/** Numbers in [0, 1), one after another (mulberry32). */
export function randomSequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Uniform numbers in [low, high). */
export function randoms(count: number, seed: number, low = -1, high = 1): Float32Array {
  const next = randomSequence(seed);
  return Float32Array.from({ length: count }, () => low + next() * (high - low));
}
