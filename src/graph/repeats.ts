/** Resizing that only repeats pixels. */
import type { NodeFor, Pair, Shape } from "./ir";

/**
 * How often `node` repeats the pixels of its input (of shape `from`) along height and width: out[i] = x[floor(i / n)].
 * Undefined when it does anything else.
 */
export function repeatsOf(node: NodeFor<"resize">, from: Shape): Pair | undefined {
  const { mode, coordinates, nearest, scales } = node.attributes;
  const whole = scales.every((n, i) => Number.isInteger(n) && node.shape[i + 1] === n * from[i + 1]!);
  // Half-pixel positions lie less than half a pixel from the one repeated, so that rounding never ties.
  const centred = coordinates.endsWith("half_pixel") && nearest.startsWith("round");
  const first = coordinates === "asymmetric" && nearest === "floor";
  return mode === "nearest" && whole && (first || centred) ? scales : undefined;
}
