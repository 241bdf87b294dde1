import { convTranspose2d } from "../../../src/kernels/conv/transpose";
import type { Elem } from "../../../src/kernels/kernel";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { runKernel } from "../../gpu";
import { convTranspose2dReference } from "../../reference/conv";
import { convCase, type ConvCase } from "../../shared/conv-cases";
import { describeConv } from "./describe-conv";
import { stored, sumTolerance } from "../stored";

const CASES: readonly ConvCase[] = [
  convCase("1x1x1", [1, 1, 1], [1, 1], 1),
  convCase("2x2, stride 2", [3, 4, 8], [2, 2], 4, { strides: [2, 2], pads: [0, 0], out: [6, 8] }),
  convCase("4x4, stride 2, pad 1", [3, 5, 4], [4, 4], 5, { strides: [2, 2], pads: [1, 1], out: [6, 10] }),
  convCase("3x3, stride 2, output padding", [4, 3, 3], [3, 3], 2, { strides: [2, 2], pads: [1, 1], out: [8, 6] }),
  convCase("strides and dilations that differ, batch 2", [3, 4, 4], [3, 2], 6, {
    ...{ strides: [2, 3], dilations: [2, 3], pads: [1, 2], out: [7, 9], batch: 2 },
  }),
  convCase("2 groups of 3 -> 5 channels", [3, 3, 6], [3, 3], 10, { groups: 2, out: [3, 3] }),
  convCase("3 groups of 4 -> 4 channels", [3, 3, 12], [2, 2], 12, { groups: 3, pads: [0, 0], out: [4, 4] }),
];

async function check(device: GPUDevice, { name, params: p }: ConvCase, elem: Elem): Promise<void> {
  const src = stored(randoms(p.batch * p.inHeight * p.inWidth * p.inChannels, 1), elem);
  const weights = stored(randoms((p.kernel[0] * p.kernel[1] * p.outChannels * p.inChannels) / p.groups, 2), elem);
  const bias = stored(randoms(p.outChannels, 3), elem);
  const count = p.batch * p.outHeight * p.outWidth * p.outChannels;
  const plan = convTranspose2d.plan({ ...p, elem });
  const { dst } = await runKernel(device, convTranspose2d as never, plan, elem, { src, weights, bias }, { dst: count });
  const expected = convTranspose2dReference(p, src, weights, bias);
  expectClose(dst!, expected, sumTolerance(p.kernel[0] * p.kernel[1] * p.inChannels, expected, elem), name);
}

describeConv("convTranspose2d", CASES, check);
