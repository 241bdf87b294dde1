/** (x - mean) / sqrt(variance + epsilon) * scale + bias, with mean and variance over the last axes. */
import { layerNorm as kernel } from "../../kernels/normalize";
import { sizeOf } from "../ir";
import type { OpDefinition } from "../op";
import { expectAxis, expectShape } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** inputs: x, scale, bias?; normalises over axes >= axis. scale/bias have x's trailing shape. */
    layerNorm: { axis: number; epsilon: number };
  }
}

export const layerNorm: OpDefinition<"layerNorm"> = {
  arity: [2, 3],
  kernels: { layerNorm: kernel },
  shape(node, [x, ...operands]) {
    const { axis } = node.attributes;
    expectAxis(node, axis, x.length);
    for (const operand of operands) expectShape(node, operand, x.slice(axis), "scale and bias");
    return x;
  },
  flops: ({ shape }) => 5 * sizeOf(shape),
  lower(b, node) {
    const [src = "", scale = "", bias] = node.inputs;
    const { axis, epsilon } = node.attributes;
    const sizes = { rows: sizeOf(node.shape.slice(0, axis)), size: sizeOf(node.shape.slice(axis)) };
    const plan = kernel.plan({ ...sizes, epsilon, bias: bias !== undefined, elem: b.elem });
    b.step(node, "layerNorm", plan, { src, scale, ...(bias !== undefined && { bias }) });
  },
};
