/** Convolution. */
import type { Conv2dParams } from "../../kernels/conv/params";
import { CONV_KERNELS } from "../../kernels/conv/kernels";
import { depthwiseConv2d } from "../../kernels/conv/depthwise";
import { slice } from "../../kernels/strided-copy";
import { sizeOf, type NodeFor, type Pair, type Shape } from "../ir";
import type { ElementRange, Inputs, Lowering, OpDefinition } from "../op";
import { bandsOf } from "./conv-bands";
import { expectRank, expectShape, fail, show, slidingSize, spatialSizes } from "../op-tools";

declare module "../ir" {
  interface OpAttributes {
    /** inputs: x [N,H,W,C], weights [KH,KW,C/groups,OC], bias [OC], residual? [N,OH,OW,OC].
     *  out = activation(conv(x, weights) + bias + residual). bias may be a runtime value. With upsample, x is first
     *  upsampled by these factors (nearest). With pool (not with residual), 2x2 max pooling follows. */
    conv: {
      strides: Pair;
      pads: Pads;
      dilations: Pair;
      groups: number;
      activation: Activation;
      upsample?: Pair;
      pool?: true;
    };
  }
}

type Conv = NodeFor<"conv">;

function shape(node: Conv, [x, weights, bias, residual]: Inputs<Shape>): Shape {
  const { strides, pads, dilations, groups, upsample = [1, 1], pool } = node.attributes;
  expectRank(node, x, 4, "x");
  expectRank(node, weights!, 4, "weights");
  const [kh, kw, inner, oc] = weights as [number, number, number, number];
  if (inner * groups !== x[3] || oc % groups !== 0)
    fail(node, `weights [KH,KW,${x[3]}/${groups},OC]`, `weights ${show(weights!)} for x ${show(x)}`);
  expectShape(node, bias, [oc], "bias");
  const enlarged = [x[0]!, x[1]! * upsample[0], x[2]! * upsample[1], x[3]!];
  const [height, width] = slidingSize(enlarged, [kh, kw], strides, pads, dilations);
  if (pool && residual) fail(node, "no residual before pooling", "one");
  const result = pool ? [x[0]!, height >> 1, width >> 1, oc] : [x[0]!, height, width, oc];
  if (residual) expectShape(node, residual, result, "residual");
  return result;
}

/** With upsample, taps that fall on one pixel of x count as one. */
function flops({ shape, attributes }: Conv, [, weights]: Inputs<Shape>): number {
  const { upsample = [1, 1], pool, pads } = attributes;
  // Pixels under the window, summed over the positions along one axis.
  const [rows, columns] = upsample.map((factor, axis) => {
    const [positions, kernel] = [shape[axis + 1]! * (pool ? 2 : 1), weights![axis]!];
    const pixel = (i: number): number => Math.floor((i - pads[axis]!) / factor);
    let sum = 0;
    for (let i = 0; i < positions; i++) sum += pixel(i + kernel - 1) - pixel(i) + 1;
    return sum;
  }) as [number, number];
  return 2 * shape[0]! * shape[3]! * weights![2]! * rows * columns;
}

/** The kernel's parameters, without slices. */
function convParams(b: Lowering, node: Conv): Conv2dParams {
  const [x = "", weights = "", , residual] = node.inputs;
  const { strides, pads, dilations, groups, activation, upsample, pool } = node.attributes;
  const { outHeight, outWidth, ...sizes } = spatialSizes(b.shape(x), node.shape);
  const [kernelHeight, kernelWidth] = b.shape(weights) as [number, number, number, number];
  return {
    ...sizes,
    outHeight: outHeight * (pool ? 2 : 1),
    outWidth: outWidth * (pool ? 2 : 1),
    kernel: [kernelHeight, kernelWidth],
    padTop: pads[0],
    padLeft: pads[1],
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

/** Elements of a value, copied into one of their own. */
function copied(b: Lowering, node: Conv, value: string, { first, count }: ElementRange): string {
  const copy = b.temporary(node.output, [count]);
  const sizes = { shape: [sizeOf(b.shape(value))], starts: [first], steps: [1], outShape: [count] };
  b.step(node, "slice", slice.plan({ ...sizes, elem: b.elem }), { src: value }, copy);
  return copy;
}

function lower(b: Lowering, node: Conv): void {
  const [src = "", weights = "", bias = "", residual] = node.inputs;
  const params = convParams(b, node);
  const { groups } = params;
  const operands = { src, weights, bias, ...(residual !== undefined && { residual }) };
  if (groups > 1 && groups === params.inChannels && groups === params.outChannels)
    return b.step(node, "depthwiseConv2d", depthwiseConv2d.plan(params), operands);
  const slice = b.sliceOf(node.output);
  const srcSlice = b.sliceOf(src);
  const sliced = { ...params, ...(slice && { slice }), ...(srcSlice && { srcSlice }) };
  for (const band of bandsOf(sliced, b.bindingBytes)) {
    const { steps, temporaries = {} } = b.planConvolution(band.params);
    const values: Record<string, string> = {
      ...operands,
      src: srcSlice?.output ?? src,
      dst: slice?.output ?? node.output,
    };
    for (const [name, length] of Object.entries(temporaries)) values[name] = b.temporary(node.output, [length]);
    const ranges: Record<string, ElementRange> = { ...band.ranges };
    if (band.copySrc) values["src"] = copied(b, node, values["src"]!, ranges["src"]!);
    if (band.copySrc) delete ranges["src"];
    for (const step of steps) {
      const bound = Object.entries(step.operands);
      const { dst, ...inputs } = Object.fromEntries(bound.map(([binding, operand]) => [binding, values[operand]!]));
      const parts = Object.fromEntries(bound.map(([binding, operand]) => [binding, ranges[operand]]));
      b.step(node, step.kernel, step.plan, inputs, dst!, parts);
    }
  }
}

export const conv: OpDefinition<"conv"> = {
  arity: [3, 4],
  kernels: { ...CONV_KERNELS, depthwiseConv2d, slice },
  shape,
  flops,
  // The kernel of depthwise convolutions supports neither.
  readsChannels: ({ attributes: { groups, upsample, pool } }) => groups === 1 && !upsample && !pool,
  writesChannels: ({ attributes: { groups } }) => groups === 1,
  lower,
};
