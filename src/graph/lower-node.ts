/** One graph node to the dispatches that compute it. */
import { GraphError } from "../errors";
import { CONV_ALGORITHMS, planConvolution } from "../kernels/conv/algorithms";
import type { Conv2dParams } from "../kernels/conv/params";
import { KERNELS as K } from "../kernels/kernels";
import { reducePlan } from "../kernels/reduce";
import { IDENTITY, sizeOf, type Node, type NodeFor, type Shape } from "./ir";
import type { ProgramBuilder } from "./program-builder";

/** The four sizes of an NHWC shape. */
export function nhwc(shape: Shape): { batch: number; height: number; width: number; channels: number } {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return { batch, height, width, channels };
}

export const product = (shape: Shape, from: number, to?: number): number => sizeOf(shape.slice(from, to));

/** Nodes that lowerMore() lowers, and depthwise convolutions. */
export type MoreNode = Extract<
  Node,
  {
    op:
      | "unary"
      | "binary"
      | "conv"
      | "convTranspose"
      | "resize"
      | "softmax"
      | "pad"
      | "gather"
      | "depthToSpace"
      | "spaceToDepth"
      | "instanceNorm"
      | "layerNorm";
  }
>;

/** Replaced by addMoreOps(); Session.bind() sees to it for a graph with such nodes. */
export const LOWERINGS: { more: (b: ProgramBuilder, node: MoreNode) => void } = {
  more(_, { op, output }) {
    const expected = "code that is loaded by bind()";
    throw new GraphError({
      where: `%${output} (${op})`,
      expected,
      received: "none",
      hint: "Call bind() before plan().",
    });
  },
};

/** Adds the steps of `node` to the program. */
export function lowerNode(b: ProgramBuilder, node: Node): void {
  const { elem } = b;
  const [src = ""] = node.inputs;
  const emit = (
    kernel: keyof typeof K,
    plan: Parameters<ProgramBuilder["step"]>[1],
    inputs: Record<string, string>,
  ): void => b.step(kernel, plan, inputs, node.output, node);
  switch (node.op) {
    case "conv":
      return lowerConv(b, node);
    case "matmul":
      return lowerMatmul(b, node);
    case "pool": {
      const { channels, ...sizes } = pooled(b, node);
      const { pads, ...attributes } = node.attributes;
      const [padTop, padLeft, padBottom, padRight] = pads;
      const plan = K.pool2d.plan({ ...sizes, channels, ...attributes, padTop, padLeft, padBottom, padRight, elem });
      return emit("pool2d", plan, { src });
    }
    case "reduce": {
      const rows = reducePlan(b.shape(src), node.attributes.axes);
      let from = src;
      rows.forEach((row, i) => {
        const to = i === rows.length - 1 ? node.output : b.temporary(node.output, [row.outer * row.inner]);
        b.step("reduce", K.reduce.plan({ ...row, fn: node.attributes.fn, elem }), { src: from }, to, node);
        from = to;
      });
      return;
    }
    case "concat": {
      const { axis } = node.attributes;
      let offset = 0;
      for (const part of node.inputs) {
        const shape = b.shape(part);
        const plan = K.concatPart.plan({ shape, axis, offset, axisTotal: node.shape[axis]!, elem });
        if (!b.slices.has(part)) emit("concatPart", plan, { src: part });
        offset += shape[axis]!;
      }
      return;
    }
    case "slice":
      if (b.slices.has(node.output)) return;
      return emit("slice", K.slice.plan({ shape: b.shape(src), ...node.attributes, outShape: node.shape, elem }), {
        src,
      });
    case "reshape":
      if (!b.isConstant(src)) return b.alias(node.output, src);
      return LOWERINGS.more(b, { ...node, op: "unary", attributes: { activation: IDENTITY } });
    case "transpose":
      return emit("transpose", K.transpose.plan({ shape: b.shape(src), perm: node.attributes.perm, elem }), { src });
    case "expand":
      return emit("expand", K.expand.plan({ shape: b.shape(src), outShape: node.shape, elem }), { src });
    default:
      return LOWERINGS.more(b, node);
  }
}

/** Sizes of a spatial op that keeps its channels. */
export function pooled(
  b: ProgramBuilder,
  node: Node,
): Record<"batch" | "inHeight" | "inWidth" | "channels" | "outHeight" | "outWidth", number> {
  const from = nhwc(b.shape(node.inputs[0]!));
  const to = nhwc(node.shape);
  const { batch, channels } = to;
  return { batch, channels, inHeight: from.height, inWidth: from.width, outHeight: to.height, outWidth: to.width };
}

/** Sizes, kernel and leading pads of conv and convTranspose; trailing pads follow from the output's size. */
export function spatial(
  b: ProgramBuilder,
  node: NodeFor<"conv"> | NodeFor<"convTranspose">,
): Pick<
  Conv2dParams,
  | "batch"
  | "inHeight"
  | "inWidth"
  | "inChannels"
  | "outHeight"
  | "outWidth"
  | "outChannels"
  | "kernel"
  | "padTop"
  | "padLeft"
> {
  const { channels: outChannels, ...sizes } = pooled(b, node);
  const [kernelHeight, kernelWidth] = b.shape(node.inputs[1]!) as [number, number, number, number];
  const [padTop, padLeft] = node.attributes.pads;
  const inChannels = nhwc(b.shape(node.inputs[0]!)).channels;
  return { ...sizes, inChannels, outChannels, kernel: [kernelHeight, kernelWidth], padTop, padLeft };
}

/** Without slices. */
export function convParams(b: ProgramBuilder, node: NodeFor<"conv">): Conv2dParams {
  const [, weights = "", , residual] = node.inputs;
  const { strides, dilations, groups, activation, upsample, pool } = node.attributes;
  const { outHeight, outWidth, ...sizes } = spatial(b, node);
  return {
    ...sizes,
    outHeight: outHeight * (pool ? 2 : 1),
    outWidth: outWidth * (pool ? 2 : 1),
    ...(upsample && { upsample }),
    ...(pool && { pool }),
    strides,
    dilations,
    groups,
    activation,
    residual: residual !== undefined,
    ...(b.hasInt8(weights) && { int8: true }),
    elem: b.elem,
  };
}

function lowerConv(b: ProgramBuilder, node: NodeFor<"conv">): void {
  const [src = "", weights = "", bias = "", residual] = node.inputs;
  const params = convParams(b, node);
  const { groups } = params;
  if (groups > 1 && groups === params.inChannels && groups === params.outChannels) return LOWERINGS.more(b, node);
  const operands = { src, weights, bias, ...(residual !== undefined && { residual }) };
  const slice = b.slices.get(node.output);
  const srcSlice = b.slices.get(src);
  const whole = { ...params, ...(slice && { slice }), ...(srcSlice && { srcSlice }) };
  const { steps, temporaries = {} } = planConvolution(CONV_ALGORITHMS, whole, b.chooseConv(whole));
  const values: Record<string, string> = {
    ...operands,
    src: srcSlice?.output ?? src,
    dst: slice?.output ?? node.output,
  };
  for (const [name, length] of Object.entries(temporaries)) values[name] = b.temporary(node.output, [length]);
  for (const step of steps) {
    const { dst, ...inputs } = Object.fromEntries(
      Object.entries(step.operands).map(([binding, operand]) => [binding, values[operand]!]),
    );
    b.step(step.kernel, step.plan, inputs, dst!, node);
  }
}

function lowerMatmul(b: ProgramBuilder, node: NodeFor<"matmul">): void {
  const [a = "", right = "", bias] = node.inputs;
  const shape = b.shape(a);
  const shapeB = b.shape(right);
  const [inner, columns] = shapeB.slice(-2) as [number, number];
  const sharedB = sizeOf(shapeB.slice(0, -2)) === 1;
  const rowsOf = shape[shape.length - 2] ?? 1;
  // With one b for all, the batch is only more rows.
  const batch = sharedB ? 1 : product(shape, 0, -2);
  const rows = sharedB ? product(shape, 0, -2) * rowsOf : rowsOf;
  const constantB = b.isConstant(right);
  const { activation } = node.attributes;
  const plan = K.matmul.plan({
    batch,
    rows,
    inner,
    columns,
    sharedB,
    bias: bias !== undefined,
    constantB,
    activation,
    elem: b.elem,
  });
  b.step("matmul", plan, { a, b: right, ...(bias !== undefined && { bias }) }, node.output, node);
}
