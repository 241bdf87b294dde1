/** Compares long float arrays fast and says where and by how much they differ. */

export interface Tolerance {
  /** Largest allowed |actual - expected|. */
  readonly abs?: number;
  /** Allowed difference relative to the expected array's range (max - min). */
  readonly range?: number;
}

export function maxError(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
): { index: number; error: number; range: number } {
  let index = 0;
  let error = -1;
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < expected.length; i++) {
    const e = expected[i]!;
    const a = actual[i]!;
    const d = Object.is(a, e) || a === e ? 0 : Math.abs(a - e);
    if (!(d <= error)) {
      error = Number.isNaN(d) ? Infinity : d;
      index = i;
      if (error === Infinity) return { index, error, range: 1 };
    }
    // One infinite value would allow any error beside it.
    if (Number.isFinite(e)) {
      low = Math.min(low, e);
      high = Math.max(high, e);
    }
  }
  return { index, error, range: Math.max(0, high - low) };
}

export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
  label = "values",
): void {
  if (actual.length !== expected.length)
    throw new Error(`${label}: ${actual.length} elements instead of ${expected.length}`);
  if (expected.length === 0) throw new Error(`${label}: nothing to compare`);
  const { index, error, range } = maxError(actual, expected);
  const allowed = Math.max(tolerance.abs ?? 0, (tolerance.range ?? 0) * range);
  if (!(error <= allowed))
    throw new Error(
      `${label}: at ${index} of ${expected.length}: ${actual[index]} instead of ${expected[index]}, off by ${error}; allowed ${allowed}`,
    );
}

/** Seeded uniform numbers in [low, high) (mulberry32). */
export function randoms(count: number, seed: number, low = -1, high = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return low + (((t ^ (t >>> 14)) >>> 0) / 4294967296) * (high - low);
  });
}
