/** Algorithms are compared with plain loops before their results are used; those that a device computes wrong are out of use. */
import { expect, it, vi } from "vitest";
import { DeviceError } from "../../src/base/errors";
import { Pacer } from "../../src/base/pacer";
import { PipelineCache } from "../../src/gpu/pipelines";
import type { Engine } from "../../src/graph/engine";
import { ConvChoices, type Checked } from "../../src/graph/lower/conv-choice";
import type { Conv2dParams } from "../../src/kernels/conv/params";
import { requestNodeDevice } from "../../src/node/device";
import { ENGINE } from "../../src/session/engine";
import { Session } from "../../src/session/session";
import { checkChoices, smallCase } from "../../src/tuning/check-choices";
import { keepChecks } from "../../src/tuning/store";
import { testDevice } from "../gpu";
import { buildModel, node } from "../../tools/onnx-writer";
import { convCase } from "../shared/conv-cases";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";

// Drivers take seconds to compile when many processes share few cores.
vi.setConfig({ testTimeout: 600_000 });

/** The engine with a kernel whose text is changed. */
function broken(kernel: string, from: string, to: string): Engine {
  const { wgsl } = ENGINE.kernels[kernel]!;
  expect(wgsl).toContain(from);
  return {
    ...ENGINE,
    kernels: { ...ENGINE.kernels, [kernel]: { ...ENGINE.kernels[kernel]!, wgsl: wgsl.replace(from, to) } },
  };
}

/** A convolution of one channel, for which the rules choose im2col. */
const model = buildModel({
  inputs: [{ name: "x", shape: [1, 1, 20, 24] }],
  outputs: [{ name: "y" }],
  nodes: [node("Conv", ["x", "w"], ["c"], { pads: [1, 1, 1, 1] }), node("Relu", ["c"], ["y"])],
  initializers: [{ name: "w", shape: [16, 1, 3, 3], data: [...randoms(144, 1)] }],
});
const x = { data: randoms(480, 2), shape: [1, 1, 20, 24] };

it("a kernel that is wrong on purpose is out of use, with a note, and the result is right", async () => {
  const device = await testDevice();
  const right = await Session.load(model, { device, precision: "f32" });
  expect(right.plan({}).steps[0]!.kernel).toBe("convFlat");
  const { y: expected } = await right.run({ x });
  expect(right.notes).toEqual([]);
  right.dispose();

  const engine = broken("convFlat", "tap / KERNEL_W, tap % KERNEL_W", "tap % KERNEL_W, tap / KERNEL_W");
  const session = await Session.load(model, { device, engine, precision: "f32" });
  expect(session.plan({}).steps.map(({ kernel }) => kernel)).not.toContain("convFlat");
  const { y } = await session.run({ x });
  expectClose(y!.data, expected!.data, { abs: 1e-4 });
  expect(session.notes).toEqual([expect.stringMatching(/fails at convolutions by flat\/4: another algorithm/)]);
  session.dispose();
});

it("small weights that the device computes wrong are out of use, with a note, and the result is right", async () => {
  const device = await testDevice();
  const run = async (engine: Engine) => {
    const session = await Session.load(model, { device, engine, precision: "f16-weights" });
    const [{ y }, kernel] = [await session.run({ x }), session.plan({}).steps[0]!.kernel];
    session.dispose();
    return { y: y!.data, kernel, notes: session.notes };
  };
  const right = await run(ENGINE);
  expect([right.kernel, right.notes]).toEqual(["convHalfWeights", []]);
  const wrong = await run(broken("convHalfWeights", "array<sum4, 8>(c0, d0, c1,", "array<sum4, 8>(c1, d0, c0,"));
  expect(wrong.kernel).toBe("convDirect");
  expect(wrong.notes).toEqual([expect.stringMatching(/fails at convolutions by half-weights\/4: another algorithm/)]);
  expectClose(wrong.y, right.y, { range: 1e-3 });
});

it("where the algorithm that all devices support is wrong, there is a typed error each time, and no result", async () => {
  const device = await testDevice();
  const engine = broken("convDirect", "array<sum4, 8>(c0, d0, c1,", "array<sum4, 8>(c1, d0, c0,");
  const choices = new ConvChoices(device, ENGINE.convolutions);
  for (const _ of [1, 2]) {
    const loading = Session.load(model, { device, engine, choices, precision: "f32" });
    await expect(loading).rejects.toBeInstanceOf(DeviceError);
    await expect(loading).rejects.toThrow(/convolutions as the processor does, received other numbers/);
  }
});

it("a choice whose shader does not compile is out of use in this session alone, with a note, and the result is right", async () => {
  const device = await testDevice();
  const engine = broken("convFlat", "fn main", "fn main(");
  const choices = new ConvChoices(device, ENGINE.convolutions);
  const stored = new Map<string, unknown>();
  keepChecks(device, choices, {
    read: async () => undefined,
    write: async (key, value) => void stored.set(key, value),
  });
  const session = await Session.load(model, { device, engine, choices, precision: "f32" });
  expect(session.plan({}).steps.map(({ kernel }) => kernel)).not.toContain("convFlat");
  const right = await Session.load(model, { device, precision: "f32" });
  const [{ y }, { y: expected }] = [await session.run({ x }), await right.run({ x })];
  expectClose(y!.data, expected!.data, { abs: 1e-4 });
  expect(session.notes).toEqual([expect.stringMatching(/fails at convolutions by flat\/4: another algorithm/)]);
  expect(choices.unchecked()).toEqual([]);
  const later = new ConvChoices(device, ENGINE.convolutions);
  keepChecks(device, later, { read: async (key) => stored.get(key), write: async () => undefined });
  await later.ready;
  const { params } = [...choices.seen.values()][0]!;
  expect([choices.choose(params) === "flat/4", later.choose(params)]).toEqual([false, "flat/4"]);
  expect(later.notes).toEqual([]);
  for (const one of [session, right]) one.dispose();
});

it("the default is checked as well where a program falls back to it", async () => {
  const device = await testDevice();
  /** Fails to compile im2col the first time: for the program, and not for its check. */
  class Forgetful extends PipelineCache {
    #failed = false;
    override get(...[kernel, plan]: Parameters<PipelineCache["get"]>): ReturnType<PipelineCache["get"]> {
      if (this.#failed || kernel.name !== "conv/flat") return super.get(kernel, plan);
      this.#failed = true;
      return Promise.reject(new Error("not this time"));
    }
  }
  const choices = new ConvChoices(device, ENGINE.convolutions);
  let checked: Checked = {};
  choices.onChecked = (all) => (checked = all);
  const session = await Session.load(model, { device, choices, pipelines: new Forgetful(device), precision: "f32" });
  const { y } = await session.run({ x });
  expect([y!.shape, session.notes]).toEqual([[1, 16, 20, 24], []]);
  const names = Object.entries(checked).map(([shaders, right]) => [shaders.split(" ")[0], right]);
  expect(names).toEqual([
    ["flat/4", true],
    ["direct/4", true],
  ]);
  session.dispose();
});

it("a lost device and an abort are no fault of a choice", async () => {
  const device = await requestNodeDevice();
  const choices = new ConvChoices(device, ENGINE.convolutions);
  choices.record(convCase("few", [90, 91, 1], [5, 5], 32).params);
  const target = { device, choices, engine: ENGINE, pipelines: new PipelineCache(device) };
  const reason = new Error("no longer wanted");
  await expect(checkChoices(target, new Pacer(AbortSignal.abort(reason)))).rejects.toBe(reason);
  device.destroy();
  await expect(checkChoices(target)).rejects.toThrow();
  expect(choices.unchecked()).toHaveLength(1);
  expect(choices.notes).toEqual([]);
});

const CASES: readonly Conv2dParams[] = [
  convCase("plain", [70, 61, 64], [3, 3], 72).params,
  convCase("strided", [80, 81, 20], [3, 3], 24, { strides: [2, 2] }).params,
  convCase("residual", [40, 40, 64], [1, 1], 64, { residual: true }).params,
  convCase("few", [90, 91, 1], [5, 5], 32).params,
].flatMap((params) => [params, { ...params, activation: { fn: "leakyRelu", alpha: 0.2 } } as Conv2dParams]);

it("right algorithms pass in a small case of the same shaders, once for each, and what was stored is not checked again", async () => {
  const device = await testDevice();
  const stored = new Map<string, unknown>();
  const store = {
    read: async (key: string): Promise<unknown> => stored.get(key),
    write: async (key: string, value: unknown): Promise<void> => void stored.set(key, structuredClone(value)),
  };
  const make = async (): Promise<ConvChoices> => {
    const choices = new ConvChoices(device, ENGINE.convolutions);
    keepChecks(device, choices, store);
    await choices.ready;
    for (const params of CASES) choices.record(params);
    return choices;
  };
  const choices = await make();
  const used = choices.unchecked();
  expect(used.length).toBeGreaterThan(3);
  for (const one of used) {
    const [{ params }, small] = [one, smallCase(choices, one)];
    expect(small.outHeight * small.outWidth * small.outChannels).toBeLessThan(40 * 40 * 40);
    expect(small.outHeight * small.outWidth).toBeLessThan(params.outHeight * params.outWidth);
  }
  const target = { device, choices, engine: ENGINE, pipelines: new PipelineCache(device) };
  expect(await checkChoices(target)).toEqual([]);
  expect(choices.unchecked()).toEqual([]);
  expect((await make()).unchecked()).toEqual([]);
});

it("every choice of a shape has a small case, on a GPU as well", () => {
  const adapterInfo = { vendor: "nvidia", subgroupMinSize: 32 } as GPUAdapterInfo;
  const features = new Set(["subgroups", "shader-f16"]) as unknown as GPUSupportedFeatures;
  const limits = { maxComputeWorkgroupStorageSize: 32_768 } as GPUSupportedLimits;
  const choices = new ConvChoices({ adapterInfo, features, limits }, ENGINE.convolutions);
  const shapes = [
    ...CASES,
    convCase("many channels", [36, 36, 320], [1, 1], 36).params,
    convCase("upsampled", [35, 35, 64], [3, 3], 64, { upsample: [2, 2] }).params,
    convCase("pooled", [70, 70, 160], [3, 3], 64, { pool: true }).params,
    convCase("few pixels", [8, 8, 2080], [1, 1], 192).params,
  ].flatMap((params) => [params, { ...params, elem: "f16" } as Conv2dParams]);
  const used = shapes.flatMap((params) =>
    choices.admissible(params).map((choice) => ({ params, choice, shaders: choices.shadersOf(params, choice) })),
  );
  const names = new Set(used.map(({ choice }) => choice));
  for (const choice of ["split/8", "split/2", "flat/4", "subgroup/8x128-32"]) expect(names).toContain(choice);
  for (const one of used) {
    const small = smallCase(choices, one);
    expect(choices.shadersOf(small, one.choice)).toBe(one.shaders);
    expect(small.inChannels, one.choice).toBeLessThanOrEqual(160);
  }
});

it("a choice that was found wrong is not chosen in a later session", async () => {
  const device = await testDevice();
  const params = convCase("few", [90, 91, 1], [5, 5], 32).params;
  const first = new ConvChoices(device, ENGINE.convolutions);
  const choice = first.choose(params);
  expect(choice).toBe("flat/4");
  const stored = { [first.shadersOf(params, choice)]: false };
  const later = new ConvChoices(device, ENGINE.convolutions);
  keepChecks(device, later, { read: async () => stored, write: async () => undefined });
  await later.ready;
  expect(later.choose(params)).not.toBe("flat/4");
  expect(later.notes).toHaveLength(1);
  const failing = new ConvChoices(device, ENGINE.convolutions);
  keepChecks(device, failing, { read: () => Promise.reject(new Error("blocked")), write: async () => undefined });
  await failing.ready;
  expect(failing.choose(params)).toBe("flat/4");
});
