/** New models are compared in f16 and f32 before their colours are used, and layers can be checked one by one. */
import { expect, it, vi } from "vitest";
import { Colorizer, DeviceError } from "../../src/index";
import { Session } from "../../src/session/session";
import { requestNodeDevice } from "../../src/node/device";
import { testDevice } from "../gpu";
import { buildModel, node } from "../../tools/onnx-writer";
import { randoms } from "../shared/randoms";
import { COLORIZER_PORTS, tinyReader } from "../shared/tiny-model";

vi.setConfig({ testTimeout: 300_000 });

/** luminance -> relu(a * x + 1) * b -> tanh; numbers inside are as large as `a`. */
function network(a: number, b: number): Uint8Array {
  return buildModel({
    ...COLORIZER_PORTS,
    nodes: [
      node("ReduceMean", ["embedding"], ["mean"], { keepdims: 0 }),
      node("Add", ["luminance", "mean"], ["x"]),
      node("Conv", ["x", "large"], ["a"], { kernel_shape: [1, 1] }),
      node("Relu", ["a"], ["b"]),
      node("Conv", ["b", "small"], ["c"], { kernel_shape: [1, 1] }),
      node("Tanh", ["c"], ["ab"]),
    ],
    initializers: [
      { name: "large", shape: [4, 1, 1, 1], data: [a, -a, 2 * a, a / 2] },
      { name: "small", shape: [2, 4, 1, 1], data: [b, 2 * b, -b, b, -b, b, b / 2, b] },
    ],
  });
}

const picture = { data: Uint8Array.from(randoms(4 * 24 * 18, 5, 0, 256), Math.floor), width: 24, height: 18 };

/** A reader that counts how often the colorizer's file was read. */
function counted(file: Uint8Array) {
  const read = tinyReader({ network: file });
  const state = { reads: 0 };
  const reader: typeof read = (path, ...rest) => {
    if (path === "colorizer.onnx") state.reads++;
    return read(path, ...rest);
  };
  return { state, read: reader };
}

function memory() {
  const content = new Map<string, unknown>();
  return {
    read: async (key: string): Promise<unknown> => content.get(key),
    write: async (key: string, value: unknown): Promise<void> => void content.set(key, structuredClone(value)),
  };
}

it("a new model that overflows in f16 is computed in f32, with a note, and starts so the next time", async (context) => {
  const device = await testDevice();
  if (!device.features.has("shader-f16")) context.skip("this adapter has no shader-f16");
  const { state, read } = counted(network(60_000, 1 / 60_000));
  const options = { model: "tiny", read, device, tune: { milliseconds: 0, store: memory() } } as const;
  const full = await Colorizer.load({ ...options, precision: "f32" });
  const expected = (await full.colorize(picture)).data;
  full.dispose();
  for (const reads of [2, 1]) {
    state.reads = 0;
    const colorizer = await Colorizer.load(options);
    expect(state.reads).toBe(reads);
    expect(colorizer.elem).toBe("f32");
    const result = await colorizer.colorize(picture);
    expect(result.notes).toEqual(["this model's numbers exceed the range of f16: computed in f32"]);
    expect(result.data).toEqual(expected);
    colorizer.dispose();
  }
});

it("a new model that fits into f16 stays so, and is compared once", async (context) => {
  const device = await testDevice();
  if (!device.features.has("shader-f16")) context.skip("this adapter has no shader-f16");
  const { state, read } = counted(network(60, 1 / 60));
  const options = { model: "tiny", read, device, tune: { milliseconds: 0, store: memory() } } as const;
  for (const reads of [2, 1]) {
    state.reads = 0;
    const colorizer = await Colorizer.load(options);
    expect([state.reads, colorizer.elem]).toEqual([reads, "f16"]);
    expect((await colorizer.colorize(picture)).notes).toEqual([]);
    colorizer.dispose();
  }
});

it("a device that is lost in the comparison says nothing about the model", async (context) => {
  if (!(await testDevice()).features.has("shader-f16")) context.skip("this adapter has no shader-f16");
  const devices: GPUDevice[] = [];
  const device = async (): Promise<GPUDevice> => {
    const made = await requestNodeDevice();
    if (devices.push(made) > 1) return made;
    const createTexture = made.createTexture.bind(made);
    made.createTexture = (descriptor) => {
      made.destroy(); // with the first picture, which is the comparison's
      return createTexture(descriptor);
    };
    return made;
  };
  const read = tinyReader({ network: network(60, 1 / 60) });
  const colorizer = await Colorizer.load({ model: "tiny", read, device });
  expect(devices.length).toBe(2);
  expect([colorizer.elem, colorizer.notes]).toEqual(["f16", []]);
  colorizer.dispose();
});

it("check names the first layer that is not finite", async () => {
  const device = await testDevice();
  const elem = device.features.has("shader-f16") ? "f16" : "f32";
  for (const precision of new Set(["f32", elem] as const)) {
    const options = { model: "tiny", device, precision, check: true } as const;
    const fine = await Colorizer.load({ ...options, read: tinyReader({ network: network(60, 1 / 60) }) });
    expect((await fine.colorize(picture)).data.length).toBe(picture.data.length);
    fine.dispose();
    // In f32 the second layer is the first that is not finite, in f16 the first one.
    const read = tinyReader({ network: network(precision === "f32" ? 3e38 : 60_000, 1) });
    const bad = await Colorizer.load({ ...options, read });
    const error: unknown = await bad.colorize(picture).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toMatch(
      /tiny\/colorizer.onnx, layer .*\(conv.*expected numbers within the range of .* not finite/,
    );
    bad.dispose();
  }
});

it("check of a session names the layer, or the input", async () => {
  const device = await testDevice();
  const model = buildModel({
    inputs: [{ name: "x", shape: [1, 4] }],
    outputs: [{ name: "y" }],
    nodes: [node("Exp", ["x"], ["grown"]), node("Sub", ["grown", "x"], ["less"]), node("Reciprocal", ["less"], ["y"])],
  });
  const session = await Session.load(model, { device, precision: "f32", check: true });
  const run = (data: number[]): Promise<unknown> => session.run({ x: { data, shape: [1, 4] } });
  await run([1, 2, 3, 4]);
  await expect(run([1, 2, 300, 4])).rejects.toThrow(
    /layer .*grown.*: expected .*, received 1 of 4 that are not finite/,
  );
  await expect(run([1, NaN, 3, 4])).rejects.toThrow(/input "x": expected .*, received 1 of 4 that are not finite/);
  session.dispose();
  const unchecked = await Session.load(model, { device, precision: "f32" });
  expect([...(await unchecked.run({ x: { data: [1, 2, 300, 4], shape: [1, 4] } }))["y"]!.data][2]).toBe(0);
  unchecked.dispose();
});
