/** How far the outputs of two convolution algorithms may differ. */

/** Largest allowed difference from the expected output, relative to its largest magnitude. A wrong tap differs by percents. */
export const TOLERANCE = { f32: 2 ** -11, f16: 2 ** -7 } as const;

/** Largest difference divided by the largest expected magnitude; Infinity for NaN or unequal lengths. */
export function disagreement(actual: Float32Array, expected: Float32Array): number {
  let difference = 0;
  let magnitude = 1e-30;
  for (let i = 0; i < expected.length; i++) {
    const apart = Math.abs(actual[i]! - expected[i]!);
    if (!(apart <= difference)) difference = apart >= 0 ? apart : Infinity;
    magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  return actual.length === expected.length ? difference / magnitude : Infinity;
}
