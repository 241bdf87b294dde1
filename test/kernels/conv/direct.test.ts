import { describe, expect, it, vi } from "vitest";
import { finish } from "../../../src/base/pacer";
import { convDirect, type DirectParams } from "../../../src/kernels/conv/direct";
import type { Conv2dParams } from "../../../src/kernels/conv/params";
import type { Elem } from "../../../src/kernels/kernel";
import { packingOf } from "../../../src/kernels/packing";
import { KernelError } from "../../../src/base/errors";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { runKernel, testDevice } from "../../gpu";
import { conv2dReference } from "../../reference/conv";
import { CONV_CASES, convCase, type ConvCase } from "../../shared/conv-cases";
import { stored, sumTolerance } from "../stored";

const ACTIVATIONS: Record<string, (x: number) => number> = {
  identity: (x) => x,
  relu: (x) => Math.max(0, x),
  tanh: Math.tanh,
};

/** A wider src, where the input lies in it, and the input. */
interface Wide {
  readonly wide: Float32Array;
  readonly srcSlice: NonNullable<Conv2dParams["srcSlice"]>;
  readonly part: Float32Array;
}

async function check(device: GPUDevice, test: ConvCase, elem: Elem, pixels?: 4 | 8, slice?: Wide): Promise<void> {
  const params: DirectParams = { ...test.params, elem, pixels, srcSlice: slice?.srcSlice };
  const { batch, inHeight, inWidth, inChannels, outChannels, kernel, groups } = params;
  const count = batch * params.outHeight * params.outWidth * outChannels;
  const src = slice?.part ?? stored(randoms(batch * inHeight * inWidth * inChannels, 1), elem);
  const weights = stored(randoms((kernel[0] * kernel[1] * inChannels * outChannels) / groups, 2), elem);
  const bias = stored(randoms(outChannels, 3), elem);
  const residual = params.residual ? stored(randoms(count, 4), elem) : undefined;
  const plan = convDirect.plan(params);
  const inputs = {
    src: slice?.wide ?? src,
    weights: finish(packingOf(plan.packing!["weights"]!, weights)),
    bias: test.runtimeBias ? bias : finish(packingOf(plan.packing!["bias"]!, bias)),
    ...(residual ? { residual } : {}),
  };
  const { dst } = await runKernel(device, convDirect as never, plan, elem, inputs, { dst: count });
  const expected = conv2dReference(params, src, weights, bias, residual).map(ACTIVATIONS[params.activation.fn]!);
  expectClose(
    dst!,
    expected,
    sumTolerance((kernel[0] * kernel[1] * inChannels) / groups + 2, expected, elem),
    test.name,
  );
}

/** The cases whose names contain one of the parts; each part must name exactly one. */
function some(...parts: string[]): ConvCase[] {
  return parts.map((part) => {
    const found = CONV_CASES.filter((test) => test.name.includes(part));
    if (found.length !== 1) throw new Error(`${found.length} cases named ${part}`);
    return found[0]!;
  });
}

// Drivers compile for seconds where many processes share few cores.
vi.setConfig({ testTimeout: 300_000 });

describe("conv/direct", () => {
  for (const test of CONV_CASES)
    it(test.name, async () => {
      await check(await testDevice(), test, "f32");
    });

  // Driver compilation is most of the time here, so the other dimensions take part of the list.
  it("has the same numbers with 8 pixels an invocation", async () => {
    for (const test of some("one pixel past the tile", "residual, then relu"))
      await check(await testDevice(), test, "f32", 8);
  });

  it("has the same numbers at WebGPU's default limits", async () => {
    const device = await testDevice({ defaultLimits: true });
    expect(device.limits.maxComputeInvocationsPerWorkgroup).toBe(256);
    for (const test of some("1x1x1", "3 -> 5", "few pixels")) await check(device, test, "f32");
  });

  it("stores f16 and accumulates in f32", async ({ skip }) => {
    const device = await testDevice();
    if (!device.features.has("shader-f16")) skip("the adapter has no shader-f16");
    for (const test of some("1x1x1", "4x4", "last layer", "residual, 5 channels", "few pixels"))
      await check(device, test, "f16");
  });

  it("reads some of the channels of a wider image", async () => {
    // [first, channels] of src; odd ones take the scalar loads.
    for (const [name, first, channels] of [
      ["1x7", 8, 24],
      ["1x7", 3, 17],
      ["2 groups of 3 -> 5", 1, 9],
    ] as const) {
      const [{ params }] = some(name) as [ConvCase];
      const { inHeight, inWidth, inChannels } = params;
      const wide = randoms(inHeight * inWidth * channels, 1);
      const part = Float32Array.from({ length: inHeight * inWidth * inChannels }, (_, i) => {
        return wide[Math.floor(i / inChannels) * channels + first + (i % inChannels)]!;
      });
      const src = { wide, srcSlice: { first, channels }, part };
      await check(await testDevice(), { name, params: { ...params, residual: false } }, "f32", undefined, src);
    }
  });

  it("wraps the grid past 65,535 workgroups", async () => {
    // 4 pixels x 64 invocations a workgroup: one more than fits along x.
    const pixels = 4 * 64 * 65_535 + 1;
    const plan = convDirect.plan(convCase("wide", [1, pixels, 1], [1, 1], 1).params);
    expect(plan.grid).toEqual([32_768, 1, 2]);
    await check(await testDevice(), convCase("wide", [1, pixels, 1], [1, 1], 1), "f32");
  });

  it("refuses parameters outside its contract", () => {
    const good = convCase("good", [4, 4, 8], [3, 3], 8).params;
    expect(() => convDirect.plan({ ...good, groups: 3 })).toThrow(KernelError);
    expect(() => convDirect.plan({ ...good, strides: [0, 1] })).toThrow(/strides/);
    expect(() => convDirect.plan({ ...good, padTop: -1 })).toThrow(/padTop/);
    expect(() => convDirect.plan({ ...good, outHeight: 0 })).toThrow(/outHeight/);
    expect(() => convDirect.plan({ ...good, srcSlice: { first: 5, channels: 12 } })).toThrow(/8 channels inside 12/);
  });
});
