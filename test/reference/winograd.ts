/** The matrices of F(m, r) by the Toom-Cook construction, in float64 and by polynomials written out. */

/** Coefficients of the product of (x - root), lowest power first. */
function polynomial(roots: readonly number[]): number[] {
  let coefficients = [1];
  for (const root of roots) {
    const next = Array<number>(coefficients.length + 1).fill(0);
    coefficients.forEach((c, power) => {
      next[power + 1]! += c;
      next[power]! -= c * root;
    });
    coefficients = next;
  }
  return coefficients;
}

interface Transforms {
  /** [points][points] */
  readonly bt: readonly (readonly number[])[];
  /** [outputs][points] */
  readonly at: readonly (readonly number[])[];
}

/** B^T and A^T for the finite points and infinity; G has the scale of each point. */
export function winogradTransforms(outputs: number, points: readonly number[]): Transforms {
  const all = points.length + 1;
  const bt = points.map((p) => polynomial(points.filter((q) => q !== p)));
  bt.push(polynomial(points));
  const at = Array.from({ length: outputs }, (_, j) => [...points.map((p) => p ** j), j === outputs - 1 ? 1 : 0]);
  return { bt: bt.map((row) => [...row, ...Array<number>(all - row.length).fill(0)]), at };
}

/** T x T^T of a square matrix. */
export function bothSides(t: readonly (readonly number[])[], x: readonly (readonly number[])[]): number[][] {
  const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const half = t.map((row) =>
    x[0]!.map((_, j) =>
      dot(
        row,
        x.map((line) => line[j]!),
      ),
    ),
  );
  return half.map((line) => t.map((row) => dot(row, line)));
}
