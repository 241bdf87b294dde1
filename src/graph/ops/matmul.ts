/** Matrix product. */
import { matmul as kernel } from "../../kernels/matmul";
import { inParts } from "../../base/pacer";
import { evaluated } from "../constants/deferred";
import { zerosLike } from "../constants/elements";
import { scalarActivation } from "../constants/scalar";
import { sameShape, sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectShape, fail, show } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** inputs: a [...,M,K], b [...,K,N] (batch dimensions equal, or b has none), bias? [N]. */
    matmul: { activation: Activation };
  }
}

/** Most multiplications of a product that is evaluated: about a second. */
export const MOST_EVALUATED = 2 ** 28;

export const matmul: OpDefinition<"matmul"> = {
  arity: [2, 3],
  kernels: { matmul: kernel },
  shape(node, [a, b, bias]) {
    if (a.length < 2 || b!.length < 2) fail(node, "operands of rank 2 or more", `${show(a)} and ${show(b!)}`);
    if (a.at(-1) !== b!.at(-2)) fail(node, `b [...,${a.at(-1)},N]`, show(b!));
    if (b!.length > 2 && !sameShape(a.slice(0, -2), b!.slice(0, -2)))
      fail(node, "equal batch dimensions, or none in b", `${show(a)} and ${show(b!)}`);
    if (bias) expectShape(node, bias, [b!.at(-1)!], "bias");
    return [...a.slice(0, -1), b!.at(-1)!];
  },
  flops: ({ shape }, [a]) => 2 * sizeOf(shape) * a.at(-1)!,
  /** Sums in double precision. Products that would take seconds are left to the GPU. */
  evaluate({ shape, attributes }, [a, b, bias]) {
    if (sizeOf(shape) * a.shape.at(-1)! > MOST_EVALUATED) return undefined;
    const [depth, columns] = b!.shape.slice(-2) as [number, number];
    const rowsOfMatrix = shape.at(-2)!;
    const batched = b!.shape.length > 2;
    const activate = scalarActivation(attributes.activation);
    const multiply = function* () {
      const [left, right] = [a.data, b!.data];
      const added = bias?.data;
      const data = zerosLike(a.data, sizeOf(shape));
      const visit = (from: number, to: number): void => {
        for (let i = from; i < to; i++) {
          const column = i % columns;
          const row = (i - column) / columns;
          const first = batched ? Math.floor(row / rowsOfMatrix) * depth * columns : 0;
          let sum = added?.[column] ?? 0;
          for (let k = 0; k < depth; k++) sum += left[row * depth + k]! * right[first + k * columns + column]!;
          data[i] = activate(sum);
        }
      };
      yield* inParts(data.length, visit, depth);
      return data;
    };
    return evaluated({ shape }, multiply, a, b!, ...(bias ? [bias] : []));
  },
  lower(b, node) {
    const [left = "", right = "", bias] = node.inputs;
    const [shapeA, shapeB] = [b.shape(left), b.shape(right)];
    const [inner, columns] = shapeB.slice(-2) as [number, number];
    const sharedB = sizeOf(shapeB.slice(0, -2)) === 1;
    const rowsOfMatrix = shapeA.at(-2) ?? 1;
    // With one b for all batches, the batch is folded into the rows.
    const matrices = sizeOf(shapeA.slice(0, -2));
    const batch = sharedB ? 1 : matrices;
    const rows = sharedB ? matrices * rowsOfMatrix : rowsOfMatrix;
    const plan = kernel.plan({
      batch,
      rows,
      inner,
      columns,
      sharedB,
      bias: bias !== undefined,
      // Only a shared matrix is packed; a batch of constants is read row-major, like a runtime value.
      constantB: sharedB && b.isConstant(right),
      activation: node.attributes.activation,
      elem: b.elem,
    });
    b.step(node, "matmul", plan, { a: left, b: right, ...(bias !== undefined && { bias }) });
  },
};
