import { expect, it } from "vitest";
import { depthwiseConv2d } from "../../../src/kernels/conv/depthwise";
import type { Elem } from "../../../src/kernels/kernel";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { runKernel } from "../../gpu";
import { conv2dReference } from "../../reference/conv";
import { convCase, type ConvCase } from "../../shared/conv-cases";
import { describeConv } from "./describe-conv";
import { stored, sumTolerance } from "../stored";

const CASES: readonly ConvCase[] = [
  convCase("1x1x1", [1, 1, 1], [1, 1], 1, { groups: 1 }),
  convCase("3x3, 8 channels", [5, 7, 8], [3, 3], 8, { groups: 8, residual: true }),
  convCase("3x3, 5 channels", [5, 7, 5], [3, 3], 5, { groups: 5, residual: true, batch: 2 }),
  convCase("stride 2, pads at the end", [8, 6, 12], [3, 3], 12, { groups: 12, strides: [2, 2], pads: [0, 0] }),
  convCase("5x2, dilated", [9, 9, 7], [5, 2], 7, { groups: 7, dilations: [2, 3], pads: [4, 1] }),
];

async function check(device: GPUDevice, { name, params: p }: ConvCase, elem: Elem): Promise<void> {
  const count = p.batch * p.outHeight * p.outWidth * p.outChannels;
  const src = stored(randoms(p.batch * p.inHeight * p.inWidth * p.inChannels, 1), elem);
  const weights = stored(randoms(p.kernel[0] * p.kernel[1] * p.outChannels, 2), elem);
  const bias = stored(randoms(p.outChannels, 3), elem);
  const residual = p.residual ? stored(randoms(count, 4), elem) : undefined;
  const plan = depthwiseConv2d.plan({ ...p, elem });
  const inputs = { src, weights, bias, ...(residual ? { residual } : {}) };
  const { dst } = await runKernel(device, depthwiseConv2d as never, plan, elem, inputs, { dst: count });
  const expected = conv2dReference(p, src, weights, bias, residual);
  expectClose(dst!, expected, sumTolerance(p.kernel[0] * p.kernel[1], expected, elem), name);
}

describeConv("depthwiseConv2d", CASES, check, () => {
  it("refuses other groups", () => {
    const { params } = convCase("", [4, 4, 8], [3, 3], 16, { groups: 8 });
    expect(() => depthwiseConv2d.plan(params)).toThrow(/groups = inChannels = outChannels/);
  });
});
