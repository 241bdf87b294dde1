/** Every convolution algorithm, on every awkward case that it takes. */
import { afterAll, describe, expect, it, vi } from "vitest";
import { convGraph } from "../../../src/tuning/conv-graph";
import { BoundProgram } from "../../../src/gpu/bound-program";
import { lower } from "../../../src/graph/lower/lower";
import { PipelineCache } from "../../../src/gpu/pipelines";
import { WeightStore } from "../../../src/gpu/weight-store";
import {
  CONV_ALGORITHMS,
  convChoices,
  convKey,
  DEFAULT_CHOICE,
  planConvolution,
} from "../../../src/kernels/conv/algorithms";
import type { ConvDevice } from "../../../src/kernels/conv/algorithm";
import type { Conv2dParams } from "../../../src/kernels/conv/params";
import { CONV_KERNELS } from "../../../src/kernels/conv/kernels";
import type { Elem } from "../../../src/kernels/kernel";
import { KernelError } from "../../../src/base/errors";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { decodeElems, readBuffer, testDevice, writeElems } from "../../gpu";
import { conv2dReference, poolReference, repeatPixels } from "../../reference/conv";
import { COMPOSED_CASES, CONV_CASES, convCase, type ConvCase } from "../../shared/conv-cases";
import { stored, sumTolerance } from "../stored";
import { ENGINE } from "../../../src/session/engine";

// Drivers compile for seconds where many processes share few cores.
vi.setConfig({ testTimeout: 600_000 });

const ACTIVATIONS: Record<string, (x: number) => number> = {
  identity: (x) => x,
  relu: (x) => Math.max(0, x),
  tanh: Math.tanh,
};

function convDevice(device: GPUDevice): ConvDevice {
  const { features, limits, adapterInfo } = device;
  const { subgroupMinSize } = adapterInfo;
  return { features, workgroupBytes: limits.maxComputeWorkgroupStorageSize, subgroupMinSize };
}

/** Programs of one storage type share pipelines. */
const caches = new Map<GPUDevice, PipelineCache>();

/** Runs a convolution as `choice` says. */
async function run(
  device: GPUDevice,
  params: Conv2dParams,
  choice: string,
  data: { src: Float32Array; weights: Float32Array; bias: Float32Array; residual?: Float32Array },
): Promise<Float32Array> {
  const graph = convGraph(params, data);
  const program = lower(graph, ENGINE, { elem: params.elem, chooseConv: () => choice });
  let cache = caches.get(device);
  if (!cache) caches.set(device, (cache = new PipelineCache(device)));
  const weights = new WeightStore(device, params.elem);
  const bound = await BoundProgram.create(device, program, ENGINE.kernels, graph.constants, cache, weights);
  try {
    writeElems(device, bound.input("src"), data.src, params.elem);
    if (data.residual) writeElems(device, bound.input("residual"), data.residual, params.elem);
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    bound.encode(pass);
    pass.end();
    device.queue.submit([encoder.finish()]);
    const count = params.batch * params.outHeight * params.outWidth * params.outChannels;
    const kept = params.pool ? count / 4 : count;
    return decodeElems(await readBuffer(device, bound.output("dst")), kept, params.elem);
  } finally {
    bound.destroy();
    weights.destroy();
  }
}

/**
 * The error that Winograd's transforms may add to that of the sums. The rounding errors of the stored transformed values grow
 * with the square root of the channels, and the output transform enlarges them. The factors exceed the largest measured ones
 * (docs/decisions/winograd.md); a wrong coefficient would cause an error of tenths.
 */
function transformError({ inChannels, kernel, elem }: Conv2dParams, choice: string): number {
  if (!choice.startsWith("winograd")) return 0;
  const growth = kernel[0] === 3 && choice.startsWith("winograd/2") ? 10 : 80;
  return growth * Math.sqrt(inChannels) * 2 ** (elem === "f16" ? -11 : -24);
}

/** What is lost where taps are summed before they are stored: a rounding of each sum, whose errors are independent. */
function summedTaps({ kernel, inChannels, upsample }: Conv2dParams, elem: Elem): number {
  return upsample && elem === "f16" ? 2 ** -11 * Math.sqrt(kernel[0] * kernel[1] * inChannels) : 0;
}

/** What is lost where the four products of a step are summed in f16: up to four roundings a step, of numbers of about 1. */
function halfProducts({ kernel, inChannels, groups }: Conv2dParams, choice: string): number {
  return choice.startsWith("half/") ? 2 ** -10 * Math.sqrt((kernel[0] * kernel[1] * inChannels) / groups) : 0;
}

/** The best guess of each algorithm; of "half", the best with each of its two kernels. */
function familiesOf(choices: readonly string[]): string[] {
  const family = (choice: string): string => (/^half.*x/.test(choice) ? "half in tiles" : choice.split("/")[0]!);
  return choices.filter((choice, i) => choices.findIndex((other) => family(other) === family(choice)) === i);
}

function expectedOf(params: Conv2dParams, src: Float32Array, ...rest: [Float32Array, Float32Array, Float32Array?]) {
  const { upsample = [1, 1], inHeight, inWidth } = params;
  const enlarged = { ...params, inHeight: inHeight * upsample[0], inWidth: inWidth * upsample[1] };
  const sums = conv2dReference(enlarged, repeatPixels(params, upsample, src), ...rest);
  const activated = sums.map(ACTIVATIONS[params.activation.fn]!);
  return params.pool ? poolReference(params, activated) : activated;
}

async function check(device: GPUDevice, test: ConvCase, choice: string, elem: Elem, weightElem = elem): Promise<void> {
  const params: Conv2dParams = { ...test.params, elem };
  const { batch, inHeight, inWidth, inChannels, outChannels, kernel, groups } = params;
  const count = batch * params.outHeight * params.outWidth * outChannels;
  const src = stored(randoms(batch * inHeight * inWidth * inChannels, 1), elem);
  const weights = stored(randoms((kernel[0] * kernel[1] * inChannels * outChannels) / groups, 2), weightElem);
  const bias = stored(randoms(outChannels, 3), elem);
  const residual = params.residual ? stored(randoms(count, 4), elem) : undefined;
  const dst = await run(device, params, choice, { src, weights, bias, ...(residual && { residual }) });
  const expected = expectedOf(params, src, weights, bias, residual);
  const { abs = 0 } = sumTolerance((kernel[0] * kernel[1] * inChannels) / groups + 2, expected, elem);
  const around = transformError(params, choice) + summedTaps(params, weightElem) + halfProducts(params, choice);
  expectClose(dst, expected, { abs: abs + around }, `${test.name} by ${choice}`);
}

afterAll(() => caches.clear());

describe("convolution algorithms", () => {
  const cases = CONV_CASES.filter((test) => !test.runtimeBias);

  // The default has its own tests. Drivers in software compile some for many seconds: mostly one variant each.
  for (const test of cases)
    it(test.name, async () => {
      const device = await testDevice();
      const choices = convChoices(CONV_ALGORITHMS, test.params, convDevice(device)).filter(
        (choice) => choice !== DEFAULT_CHOICE,
      );
      const all = /few pixels|batch 2/.test(test.name);
      for (const choice of all ? choices : familiesOf(choices)) await check(device, test, choice, "f32");
    });

  // What is around the convolution is the same for all variants of an algorithm.
  for (const test of COMPOSED_CASES)
    it(test.name, async () => {
      const device = await testDevice();
      const choices = convChoices(CONV_ALGORITHMS, test.params, convDevice(device));
      expect(choices).toContain(DEFAULT_CHOICE);
      await check(device, test, DEFAULT_CHOICE, "f32");
      const others = /3x3/.test(test.name) ? choices.filter((one) => one !== DEFAULT_CHOICE) : [];
      for (const choice of familiesOf(others)) await check(device, test, choice, "f32");
    });

  it("have the same numbers in f16 storage", async ({ skip }) => {
    const device = await testDevice();
    if (!device.features.has("shader-f16")) skip("the adapter has no shader-f16");
    const some = [...cases, ...COMPOSED_CASES].filter(({ name }) => /4x4|residual, 5|few pixels|batch 2/.test(name));
    for (const test of some)
      for (const choice of familiesOf(
        convChoices(CONV_ALGORITHMS, { ...test.params, elem: "f16" }, convDevice(device)),
      ))
        await check(device, test, choice, "f16");
  });

  it("give the same numbers with weights stored as f16, which tuning never offers", async () => {
    const device = await testDevice();
    const some = [...cases, ...COMPOSED_CASES].filter(({ name }) => /few pixels|batch 2|groups|3x3, relu/.test(name));
    for (const test of some) {
      expect(convChoices(CONV_ALGORITHMS, test.params, convDevice(device)).join()).not.toContain("half-weights");
      await check(device, test, "half-weights/4", "f32", "f16");
    }
  });

  it("are named, and refuse other names", () => {
    const { params } = convCase("any", [4, 4, 8], [3, 3], 8);
    expect(convChoices(CONV_ALGORITHMS, params, { features: new Set(), workgroupBytes: 16_384 })).toContain(
      DEFAULT_CHOICE,
    );
    expect(() => planConvolution(CONV_ALGORITHMS, params, "magic/4")).toThrow(KernelError);
  });

  it("have steps that CONV_KERNELS holds, the first of their own under their own name", () => {
    const able = { features: new Set(["subgroups"]), workgroupBytes: 32_768, subgroupMinSize: 8 };
    const found = new Set<string>();
    for (const elem of ["f32", "f16"] as const)
      for (const test of [...CONV_CASES, ...COMPOSED_CASES]) {
        const params = { ...test.params, elem, int8: true };
        for (const choice of [...convChoices(CONV_ALGORITHMS, params, able), "half-weights/4"]) {
          const name = choice.split("/")[0]!;
          const { steps } = planConvolution(CONV_ALGORITHMS, params, choice);
          const own = `conv${name.replace(/(?:^|-)(.)/g, (_, letter: string) => letter.toUpperCase())}`;
          expect(steps.filter(({ kernel }) => kernel.startsWith(own)).length, choice).toBeGreaterThan(0);
          for (const { kernel } of steps) expect(CONV_KERNELS).toHaveProperty(kernel);
          found.add(name);
        }
      }
    expect([...found].sort()).toEqual(CONV_ALGORITHMS.map(({ name }) => name).sort());
  });

  it("are keyed by everything that decides their speed, and not by the activation", () => {
    const { params } = convCase("any", [4, 4, 8], [3, 3], 8);
    expect(convKey({ ...params, activation: { fn: "relu" } })).toBe(convKey(params));
    for (const other of [
      { residual: true },
      { elem: "f16" as const },
      { padTop: 0 },
      { outChannels: 9 },
      { pool: true },
    ])
      expect(convKey({ ...params, ...other })).not.toBe(convKey(params));
  });
});
