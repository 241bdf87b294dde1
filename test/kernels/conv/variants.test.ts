/** Which convolution algorithms are offered where, and what they do with slices of channels. */
import { expect, it } from "vitest";
import { finish } from "../../../src/base/pacer";
import { encodeKernel, PipelineCache } from "../../../src/gpu/pipelines";
import { ENGINE } from "../../../src/session/engine";
import { runtimeBytes } from "../../../src/kernels/assemble";
import { CONV_ALGORITHMS, convChoices, planConvolution } from "../../../src/kernels/conv/algorithms";
import type { ConvDevice } from "../../../src/kernels/conv/algorithm";
import type { Conv2dParams } from "../../../src/kernels/conv/params";
import { packingOf } from "../../../src/kernels/packing";
import { KernelError } from "../../../src/base/errors";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { readBuffer, testDevice } from "../../gpu";
import { conv2dReference } from "../../reference/conv";
import { convCase } from "../../shared/conv-cases";
import { sumTolerance } from "../stored";

const device = (more: Partial<ConvDevice> = {}): ConvDevice => ({
  features: new Set(["subgroups"]),
  workgroupBytes: 16_384,
  subgroupMinSize: 8,
  ...more,
});

function offered(params: Conv2dParams, algorithm: string, on = device()): string[] {
  return convChoices(CONV_ALGORITHMS, params, on)
    .filter((choice) => choice.startsWith(`${algorithm}/`))
    .map((choice) => choice.slice(algorithm.length + 1));
}

const { params } = convCase("any", [8, 8, 64], [1, 1], 48);

it("sums in parts where every part has whole vec4 of input channels", () => {
  expect(offered(params, "split")).toEqual(["2", "4", "8"]);
  expect(offered({ ...params, inChannels: 24 }, "split")).toEqual(["2"]);
  expect(offered({ ...params, inChannels: 63 }, "split")).toEqual([]);
  expect(offered({ ...params, groups: 2 }, "split")).toEqual([]);
  expect(() => planConvolution(CONV_ALGORITHMS, { ...params, inChannels: 24 }, "split/4")).toThrow(KernelError);
  const { temporaries } = planConvolution(CONV_ALGORITHMS, { ...params, elem: "f16" }, "split/4");
  expect(Object.values(temporaries!)).toEqual([64 * 48 * 4 * 2]);
});

it("offers tiles that fit into workgroup memory, large ones first for large maps", () => {
  expect(offered(params, "workgroup")).toEqual(["32x64", "64x64", "128x64"]);
  expect(offered(params, "workgroup", device({ workgroupBytes: 8_192 }))).toEqual(["32x64"]);
  const large = { ...params, inHeight: 64, inWidth: 64, outHeight: 64, outWidth: 64 };
  expect(offered(large, "workgroup")[0]).toBe("128x64");
  expect(offered({ ...params, inChannels: 6 }, "workgroup")).toEqual([]);
});

it("uses subgroups of at least 8 lanes, in workgroups of at least that size", () => {
  expect(offered(params, "subgroup")).toEqual(["8x32", "8x128"]);
  expect(offered(params, "subgroup", device({ subgroupMinSize: 32 }))).toEqual(["8x128"]);
  expect(offered(params, "subgroup", device({ subgroupMinSize: 4 }))).toEqual([]);
  expect(offered(params, "subgroup", device({ subgroupMinSize: undefined }))).toEqual([]);
  expect(offered(params, "subgroup", device({ features: new Set() }))).toEqual([]);
});

it("shares loads among 32 lanes where subgroups have as many and channels suffice", () => {
  const wide = { ...params, inChannels: 1088 };
  expect(offered(wide, "subgroup", device({ subgroupMinSize: 32 }))).toEqual(["8x128", "8x128-32"]);
  expect(offered(wide, "subgroup")).toEqual(["8x32", "8x128"]);
  expect(offered({ ...wide, inChannels: 160 }, "subgroup", device({ subgroupMinSize: 32 }))).toEqual(["8x128"]);
});

it("splits sums inside workgroups where pixels are few and channels many, on GPUs only", () => {
  expect(offered({ ...params, inChannels: 2080 }, "split-workgroup")).toEqual(["8", "16", "32"]);
  expect(offered({ ...params, inChannels: 256 }, "split-workgroup")).toEqual(["8", "16"]);
  expect(offered(params, "split-workgroup")).toEqual([]);
  expect(offered({ ...params, inChannels: 2080 }, "split-workgroup", device({ software: true }))).toEqual([]);
  const large = { ...params, inChannels: 2080, inHeight: 35, inWidth: 35, outHeight: 35, outWidth: 35 };
  expect(offered(large, "split-workgroup")).toEqual([]);
  expect(() => planConvolution(CONV_ALGORITHMS, params, "split-workgroup/4")).toThrow(KernelError);
});

it("loads tiles ahead where there are several, on GPUs only", () => {
  expect(offered(params, "prefetch")).toEqual(["64x64", "128x64"]);
  expect(offered({ ...params, inChannels: 32 }, "prefetch")).toEqual([]);
  expect(offered({ ...params, outChannels: 16 }, "prefetch")).toEqual([]);
  expect(offered(params, "prefetch", device({ software: true }))).toEqual([]);
  expect(() => planConvolution(CONV_ALGORITHMS, params, "prefetch/32x64")).toThrow(KernelError);
});

/** Channels 8 to 39 of 48 -> channels 4 to 15 of 20. */
const SLICED: Conv2dParams = {
  ...convCase("sliced", [3, 5, 32], [3, 3], 12, { residual: true }).params,
  srcSlice: { first: 8, channels: 48 },
  slice: { first: 4, channels: 20 },
};

it.for(["split", "split-workgroup", "workgroup", "prefetch", "subgroup"])(
  "reads and writes slices of channels: %s",
  { timeout: 600_000 },
  async (algorithm, { skip }) => {
    const gpu = await testDevice();
    const { features, limits, adapterInfo } = gpu;
    const { subgroupMinSize } = adapterInfo;
    const lanes = features.has("subgroups") ? (subgroupMinSize ?? 0) : 0;
    if (algorithm === "subgroup" && lanes < 8) skip("this adapter has no subgroups of 8 lanes");
    const able = { features, workgroupBytes: limits.maxComputeWorkgroupStorageSize, subgroupMinSize };
    const pixels = 15;
    const wide = randoms(pixels * 48, 1);
    const data = {
      src: wide,
      weights: randoms(9 * 32 * 12, 2),
      bias: randoms(12, 3),
      residual: randoms(pixels * 12, 4),
    };
    const narrow = Float32Array.from({ length: pixels * 32 }, (_, i) => wide[Math.floor(i / 32) * 48 + 8 + (i % 32)]!);
    const { srcSlice: _, slice: __, ...whole } = SLICED;
    const expected = conv2dReference(whole, narrow, data.weights, data.bias, data.residual);
    const pipelines = new PipelineCache(gpu);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const upload = (values: Float32Array | Uint8Array, more = 0): GPUBuffer => {
      const buffer = gpu.createBuffer({ size: values.byteLength, usage: usage | more });
      gpu.queue.writeBuffer(buffer, 0, values as BufferSource);
      return buffer;
    };
    const choices = convChoices(CONV_ALGORITHMS, SLICED, able);
    // Not offered for so few output channels, but works.
    const choice = choices.find((one) => one.startsWith(`${algorithm}/`)) ?? `${algorithm}/64x64`;
    const { steps, temporaries = {} } = planConvolution(CONV_ALGORITHMS, SLICED, choice);
    const values = new Map<string, GPUBuffer>([["dst", upload(new Float32Array(pixels * 20).fill(7))]]);
    for (const [name, length] of Object.entries(temporaries)) values.set(name, upload(new Float32Array(length)));
    const encoder = gpu.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (const { kernel, plan, operands } of steps) {
      const resources = Object.entries(operands).map(([binding, of]) => {
        const packing = plan.packing?.[binding];
        const given = data[of as keyof typeof data];
        const buffer = values.get(of) ?? upload(packing ? finish(packingOf(packing, given)) : given);
        return [binding, { buffer }] as const;
      });
      const sizes = upload(runtimeBytes(ENGINE.kernels[kernel]!, plan)!, GPUBufferUsage.UNIFORM);
      const compiled = await pipelines.get(ENGINE.kernels[kernel]!, plan);
      const bound = Object.fromEntries([...resources, ["sizes", { buffer: sizes }]]);
      encodeKernel(pass, gpu, compiled, ENGINE.kernels[kernel]!, plan, bound);
    }
    pass.end();
    gpu.queue.submit([encoder.finish()]);
    const dst = new Float32Array(await readBuffer(gpu, values.get("dst")!));
    const written = dst.filter((_value, i) => i % 20 >= 4 && i % 20 < 16);
    expectClose(written, expected, sumTolerance(9 * 32 + 2, expected, "f32"), choice);
    expect(dst.filter((_value, i) => i % 20 < 4 || i % 20 >= 16).every((value) => value === 7)).toBe(true);
  },
);
