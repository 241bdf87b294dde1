import { describe, expect, it, vi } from "vitest";
import { depthwiseConv2d } from "../../../src/kernels/conv/depthwise";
import type { Elem } from "../../../src/kernels/kernel";
import { expectClose, randoms } from "../../shared/expect-close";
import { runKernel, testDevice } from "../../gpu";
import { conv2dReference } from "../../reference/conv";
import { convCase, type ConvCase } from "../../shared/conv-cases";
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

// Drivers compile for seconds where many processes share few cores.
vi.setConfig({ testTimeout: 300_000 });

describe("depthwiseConv2d", () => {
  for (const test of CASES)
    it(test.name, async () => {
      await check(await testDevice(), test, "f32");
      await check(await testDevice({ defaultLimits: true }), test, "f32");
    });

  it("stores halves and accumulates in f32", async ({ skip }) => {
    const device = await testDevice();
    if (!device.features.has("shader-f16")) skip("the adapter has no shader-f16");
    for (const test of CASES) await check(device, test, "f16");
  });

  it("refuses other groups", () => {
    const { params } = convCase("", [4, 4, 8], [3, 3], 16, { groups: 8 });
    expect(() => depthwiseConv2d.plan(params)).toThrow(/groups = inChannels = outChannels/);
  });
});
