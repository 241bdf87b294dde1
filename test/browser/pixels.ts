/** Judging pictures by their pixels. */
import { rgbToLab } from "../../src/image/lab";

interface PixelFacts {
  /** Mean and largest |L*(actual) - L*(original)|. */
  readonly meanLuminanceError: number;
  readonly maxLuminanceError: number;
  /** Mean chroma, sqrt(a*^2 + b*^2). */
  readonly meanChroma: number;
}

/** Compares R, G, B, A bytes of a coloured picture with those of its original. */
export function pixelFacts(actual: ArrayLike<number>, original: ArrayLike<number>): PixelFacts {
  if (actual.length !== original.length) throw new Error(`${actual.length} bytes instead of ${original.length}`);
  const lab = (bytes: ArrayLike<number>, i: number): readonly number[] =>
    rgbToLab([bytes[i]! / 255, bytes[i + 1]! / 255, bytes[i + 2]! / 255]);
  let [sum, max, chroma] = [0, 0, 0];
  for (let i = 0; i < actual.length; i += 4) {
    const [l, a, b] = lab(actual, i) as [number, number, number];
    const error = Math.abs(l - lab(original, i)[0]!);
    sum += error;
    max = Math.max(max, error);
    chroma += Math.hypot(a, b);
  }
  const count = actual.length / 4;
  return { meanLuminanceError: sum / count, maxLuminanceError: max, meanChroma: chroma / count };
}
