/** lowerNode() for the ops of more-ops.ts. */
import { binary } from "../kernels/binary";
import { depthToSpace, spaceToDepth } from "../kernels/block-copy";
import { convTranspose2d } from "../kernels/conv/transpose";
import { depthwiseConv2d } from "../kernels/conv/depthwise";
import { gather, gatherIndices } from "../kernels/gather";
import { instanceNorm, layerNorm } from "../kernels/normalize";
import { pad } from "../kernels/pad";
import { resize2d } from "../kernels/resize2d";
import { softmax } from "../kernels/softmax";
import { unary } from "../kernels/unary";
import { sizeOf } from "./ir";
import { convParams, nhwc, pooled, product, spatial, type MoreNode } from "./lower-node";
import type { ProgramBuilder } from "./program-builder";

/** Keys are names of steps. */
const MORE_KERNELS = {
  binary,
  convTranspose2d,
  depthToSpace,
  depthwiseConv2d,
  gather,
  instanceNorm,
  layerNorm,
  pad,
  resize2d,
  softmax,
  spaceToDepth,
  unary,
};

/** Adds the steps of `node` to the program. */
export function lowerMore(b: ProgramBuilder, node: MoreNode): void {
  const { elem } = b;
  const [src = ""] = node.inputs;
  const emit = (
    kernel: keyof typeof MORE_KERNELS,
    plan: Parameters<ProgramBuilder["step"]>[1],
    inputs: Record<string, string>,
  ): void => b.step(kernel, plan, inputs, node.output, node);
  switch (node.op) {
    case "unary":
      return emit("unary", unary.plan({ count: sizeOf(node.shape), ...node.attributes, elem }), { src });
    case "binary": {
      const [, other = ""] = node.inputs;
      const shapes = { shapeA: b.shape(src), shapeB: b.shape(other), shape: node.shape };
      return emit("binary", binary.plan({ ...shapes, ...node.attributes, elem }), { a: src, b: other });
    }
    case "resize":
      return emit("resize2d", resize2d.plan({ ...pooled(b, node), ...node.attributes, elem }), { src });
    case "conv": {
      const [, weights = "", bias = "", residual] = node.inputs;
      const plan = depthwiseConv2d.plan(convParams(b, node));
      return emit("depthwiseConv2d", plan, { src, weights, bias, ...(residual !== undefined && { residual }) });
    }
    case "convTranspose": {
      const [, weights = "", bias = ""] = node.inputs;
      const plan = convTranspose2d.plan({ ...spatial(b, node), ...node.attributes, elem });
      return emit("convTranspose2d", plan, { src, weights, bias });
    }
    case "softmax": {
      const { axis } = node.attributes;
      const shape = b.shape(src);
      const rows = { outer: product(shape, 0, axis), axis: shape[axis]!, inner: product(shape, axis + 1) };
      return emit("softmax", softmax.plan({ ...rows, elem }), { src });
    }
    case "pad":
      return emit("pad", pad.plan({ shape: b.shape(src), ...node.attributes, elem }), { src });
    case "gather": {
      const { axis, indices } = node.attributes;
      const shape = b.shape(src);
      const plan = gather.plan({ shape, axis, count: indices.length, elem });
      const data = { binding: "indices", values: gatherIndices(indices, shape[axis]!) };
      return b.stepWithData("gather", plan, { src }, data, node.output, node);
    }
    case "depthToSpace":
      return emit("depthToSpace", depthToSpace.plan({ ...nhwc(b.shape(src)), ...node.attributes, elem }), { src });
    case "spaceToDepth":
      return emit("spaceToDepth", spaceToDepth.plan({ ...nhwc(b.shape(src)), ...node.attributes, elem }), { src });
    case "instanceNorm": {
      const [, scale = "", bias = ""] = node.inputs;
      const { batch, height, width, channels } = nhwc(node.shape);
      const plan = instanceNorm.plan({ batch, pixels: height * width, channels, ...node.attributes, elem });
      return emit("instanceNorm", plan, { src, scale, bias });
    }
    case "layerNorm": {
      const [, scale = "", bias] = node.inputs;
      const { axis, epsilon } = node.attributes;
      const sizes = { rows: product(node.shape, 0, axis), size: product(node.shape, axis) };
      const plan = layerNorm.plan({ ...sizes, epsilon, bias: bias !== undefined, elem });
      return emit("layerNorm", plan, { src, scale, ...(bias !== undefined && { bias }) });
    }
    default:
      node satisfies never;
  }
}
