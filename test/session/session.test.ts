import { describe, expect, it, vi } from "vitest";
import { DeviceError, InputError, ModelError, UnsupportedError } from "../../src/base/errors";
import { ENGINE } from "../../src/session/engine";
import { ConvChoices } from "../../src/graph/lower/conv-choice";
import { BoundProgram } from "../../src/gpu/bound-program";
import { Session, type Precision } from "../../src/session/session";
import { requestNodeDevice } from "../../src/node/device";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { testDevice } from "../gpu";
import { trackLive } from "../shared/live-memory";
import { buildModel, node, type InitializerSpec } from "../../tools/onnx-writer";

/** y = relu(x + b) with variable height and width; z is a copy of x, k a constant. */
const small = buildModel({
  inputs: [
    { name: "x", shape: [1, 2, "h", "w"] },
    { name: "b", shape: [2, 1, 1] },
  ],
  outputs: [{ name: "y" }, { name: "z" }, { name: "k" }],
  nodes: [
    node("Add", ["x", "b"], ["sum"]),
    node("Relu", ["sum"], ["y"]),
    node("Identity", ["x"], ["z"]),
    node("Identity", ["c"], ["k"]),
  ],
  initializers: [{ name: "c", shape: [3], data: [1, 2, 3] }],
});

const b = { data: new Float32Array([0.5, -0.5]), shape: [2, 1, 1] };
const x = (h: number, w: number, seed = 1): { data: Float32Array; shape: number[] } => ({
  data: randoms(2 * h * w, seed),
  shape: [1, 2, h, w],
});
const expected = ({ data }: { data: Float32Array }): Float32Array =>
  data.map((v, i) => Math.max(0, v + (i < data.length / 2 ? 0.5 : -0.5)));

describe("Session", () => {
  it("runs with the shapes of its inputs, also concurrently", async () => {
    const device = await testDevice();
    const session = await Session.load(small, { device, precision: "f32" });
    expect(session.inputs.map(({ name }) => name)).toEqual(["x", "b"]);
    const inputs = [x(3, 5), x(4, 4, 2), x(3, 5, 3), x(1, 1, 4), x(2, 9, 5), x(7, 7, 6), x(3, 5, 7)];
    const results = await Promise.all(inputs.map((input) => session.run({ x: input, b })));
    results.forEach(({ y, z, k }, i) => {
      expect(y!.shape).toEqual(inputs[i]!.shape);
      expectClose(y!.data, expected(inputs[i]!), { abs: 1e-6 });
      expectClose(z!.data, inputs[i]!.data, { abs: 0 });
      expect([...k!.data]).toEqual([1, 2, 3]);
    });
    session.dispose();
    await expect(session.run({ x: x(1, 1), b })).rejects.toThrow(/disposed/);
  });

  it("takes int64 inputs as BigInt64Array or numbers, at run time and frozen, and gives empty outputs", async () => {
    const device = await testDevice();
    const model = buildModel({
      inputs: [
        { name: "n", dtype: "i64", shape: [3] },
        { name: "axes", dtype: "i64", shape: ["count"] },
      ],
      outputs: [{ name: "y" }, { name: "none" }],
      nodes: [
        node("Cast", ["n"], ["f"], { to: 1 }),
        node("Unsqueeze", ["f", "axes"], ["y"]),
        node("Slice", ["f", "end", "end"], ["none"]),
      ],
      initializers: [{ name: "end", dtype: "i64", shape: [1], data: [3] }],
    });
    for (const axes of [BigInt64Array.of(0n, -1n), [0, -1]]) {
      const freeze = { axes: { data: axes, shape: [2] } };
      const session = await Session.load(model, { device, precision: "f32", freeze });
      for (const data of [BigInt64Array.of(1n, -2n, 7n), [1, -2, 7], Int32Array.of(1, -2, 7)]) {
        const { y, none } = await session.run({ n: { data, shape: [3] } });
        expect(y).toEqual({ data: Float32Array.of(1, -2, 7), shape: [1, 3, 1] });
        expect(none).toEqual({ data: new Float32Array(0), shape: [0] });
      }
      const wrong = { data: "1, 2, 3" as unknown as number[], shape: [3] };
      await expect(session.run({ n: wrong })).rejects.toThrow(/a tensor .* received String/);
      session.dispose();
    }
  });

  it("gives whole numbers that are known at load as they are, and refuses those that the GPU would round", async () => {
    const device = await testDevice();
    const model = buildModel({
      inputs: [
        { name: "x", shape: [1, "n"] },
        { name: "count", dtype: "i64", shape: [1] },
      ],
      outputs: [{ name: "shape" }, { name: "sum" }, { name: "y" }],
      nodes: [
        node("Shape", ["x"], ["shape"]),
        node("Add", ["large", "large"], ["sum"]),
        node("Identity", ["count"], ["y"]),
      ],
      initializers: [{ name: "large", dtype: "i64", shape: [2], data: [16777217, 2 ** 40 + 1] }],
    });
    for (const precision of ["f32", "auto"] as const) {
      const session = await Session.load(model, { device, precision });
      const x = { data: new Float32Array(4097), shape: [1, 4097] };
      const { shape, sum, y } = await session.run({ x, count: { data: [2048], shape: [1] } });
      expect(shape!.integers).toEqual(Float64Array.of(1, 4097));
      expect(sum!.integers).toEqual(Float64Array.of(33554434, 2 ** 41 + 2));
      expect(y).toEqual({ data: Float32Array.of(2048), shape: [1] });
      const most = session.elem === "f16" ? 2048 : 2 ** 24;
      for (const data of [[most + 1], BigInt64Array.of(BigInt(-most - 1))])
        await expect(session.run({ x, count: { data, shape: [1] } })).rejects.toThrow(
          new RegExp(`input "count": expected whole numbers up to ${most} .or freeze it`),
        );
      session.dispose();
    }
    for (const data of [[70_001n], BigUint64Array.of(70_001n), Int32Array.of(70_001)]) {
      const session = await Session.load(model, { device, freeze: { count: { data, shape: [1] } } });
      const { y } = await session.run({ x: { data: new Float32Array(1), shape: [1, 1] } });
      expect(y!.integers).toEqual(Float64Array.of(70_001));
      session.dispose();
    }
  });

  it("explains what to pass where navigator.gpu is missing", async () => {
    vi.stubGlobal("navigator", {});
    try {
      await expect(Session.load(small)).rejects.toThrow(
        /WebGPU \(navigator\.gpu\).* pass the `device` that requestNode/,
      );
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("requests its own device, and destroys only that one", async () => {
    const devices: GPUDevice[] = [];
    const requestAdapter = async (): Promise<unknown> => ({
      limits: {},
      features: new Set(),
      requestDevice: async () => devices[devices.push(await requestNodeDevice()) - 1],
    });
    vi.stubGlobal("navigator", { gpu: { requestAdapter } });
    try {
      const session = await Session.load(small);
      const { y } = await session.run({ x: x(3, 5), b });
      expectClose(y!.data, expected(x(3, 5)), { abs: 1e-2 });
      session.dispose();
      expect((await devices[0]!.lost).reason).toBe("destroyed");
      await expect(Session.load(new Uint8Array(7))).rejects.toThrow(ModelError);
      expect((await devices[1]!.lost).reason).toBe("destroyed");
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it("turns frozen inputs into constants", async () => {
    const device = await testDevice();
    const session = await Session.load(small, {
      device,
      precision: "f32",
      freeze: { b },
      inputShapes: { x: [1, 2, 4, 3] },
    });
    expect(session.inputs.map(({ name }) => name)).toEqual(["x"]);
    const input = x(4, 3);
    expectClose((await session.run({ x: input }))["y"]!.data, expected(input), { abs: 1e-6 });
    const profile = await session.profile();
    expect(profile.rows.length).toBeGreaterThan(0);
    expect(profile.rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1);
    expect(profile.rows.flatMap((row) => row.origin).length).toBeGreaterThan(0);
    session.dispose();
  });

  it("names the wrong input", async () => {
    const device = await testDevice();
    const session = await Session.load(small, { device });
    await expect(session.run({ x: x(2, 2) })).rejects.toThrow(/input "b": expected a tensor .* received Undefined/);
    const bare = b.data as unknown as typeof b;
    await expect(session.run({ x: x(2, 2), b: bare })).rejects.toThrow(/expected a tensor .* received Float32Array/);
    await expect(session.run({ x: x(2, 2), b, c: b })).rejects.toThrow(/expected inputs x, b, received "c"/);
    await expect(session.run({ x: { ...x(2, 2), shape: [1, 3, 2, 2] }, b })).rejects.toThrow(InputError);
    await expect(session.run({ x: { data: new Float32Array(7), shape: [1, 2, 2, 2] }, b })).rejects.toThrow(
      /8 elements, received 7/,
    );
    const text = { data: "12345678" as unknown as number[], shape: [1, 2, 2, 2] };
    await expect(session.run({ x: text, b })).rejects.toThrow(/expected a tensor .* received String/);
    await expect(session.profile()).rejects.toThrow(/input shapes to profile/);
    session.dispose();
  });

  it("rejects unsupported models at load, with or without shapes", async () => {
    const device = await testDevice();
    const model = buildModel({
      inputs: [{ name: "x", shape: ["n"] }],
      outputs: [{ name: "y" }],
      nodes: [node("Foo", ["x"], ["f"], {}, "first"), node("Bar", ["f"], ["y"], {}, "second")],
    });
    for (const inputShapes of [undefined, { x: [3] }]) {
      const refused = await Session.load(model, { device, inputShapes }).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(UnsupportedError);
      expect((refused as UnsupportedError).items.map((item) => item.node)).toEqual(["first", "second"]);
    }
    await expect(Session.load(new Uint8Array([1, 2, 3]), { device })).rejects.toThrow(ModelError);
  });

  it("refuses f16 on a device without shader-f16", async () => {
    // A device with default limits has no optional features.
    const device = await testDevice({ defaultLimits: true });
    expect(device.features.has("shader-f16")).toBe(false);
    await expect(Session.load(small, { device, precision: "f16" })).rejects.toThrow(DeviceError);
  });

  it("stores weights as f16 on any adapter on request, and gives nearly the same numbers", async () => {
    const device = await testDevice();
    const weights = (name: string, shape: number[], seed: number): InitializerSpec => {
      const count = shape.reduce((a, b) => a * b, 1);
      return { name, shape, data: [...randoms(count, seed)] };
    };
    const repeat = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
    const model = buildModel({
      inputs: [{ name: "x", shape: [1, 8, 6, 5] }],
      outputs: [{ name: "y" }],
      nodes: [
        node("Conv", ["x", "w1"], ["c"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
        node("Resize", ["c", "", "scales"], ["r"], repeat),
        node("Conv", ["r", "w2"], ["y"], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      ],
      initializers: [
        weights("w1", [16, 8, 3, 3], 1),
        weights("w2", [8, 16, 3, 3], 2),
        { name: "scales", shape: [4], data: [1, 1, 2, 2] },
      ],
    });
    const run = async (precision: Precision): Promise<{ y: Float32Array; bytes: number }> => {
      const session = await Session.load(model, { device, precision });
      const { y } = await session.run({ x: { data: randoms(240, 3), shape: [1, 8, 6, 5] } });
      const { weightBytes: bytes } = session.plan({ x: [1, 8, 6, 5] });
      session.dispose();
      return { y: y!.data, bytes };
    };
    const [floats, halves] = [await run("f32"), await run("f16-weights")];
    expectClose(halves.y, floats.y, { range: 1e-3 });
    expect(halves.y).not.toEqual(floats.y);
    // The rest are two biases of 256 bytes each.
    expect(halves.bytes - 512).toBeLessThanOrEqual((floats.bytes - 512) / 2);
  });

  it("does not fall back to larger weights when f16-weights was requested", async () => {
    const create = vi.spyOn(BoundProgram, "create").mockRejectedValueOnce(new Error("no memory"));
    const loading = Session.load(small, {
      device: await testDevice(),
      precision: "f16-weights",
      inputShapes: { x: [1, 2, 3, 3] },
    });
    await expect(loading).rejects.toThrow("no memory");
    expect(create).toHaveBeenCalledTimes(1);
    create.mockRestore();
  });

  it("rejects an unknown precision", async () => {
    const options = { device: await testDevice(), precision: "half" as Precision };
    await expect(Session.load(small, options)).rejects.toThrow(/one of auto, f32, f16, f16-weights, received half/);
  });

  it("waits for running work before it is disposed, and returns no zeros", async () => {
    const session = await Session.load(small, { device: await testDevice(), precision: "f32", inputShapes: {} });
    const input = x(5, 5);
    await session.run({ x: input, b });
    const running = session.run({ x: input, b });
    await Promise.resolve();
    session.dispose();
    const result = await running.catch((error: unknown) => error);
    if (result instanceof InputError) expect(result.message).toMatch(/disposed/);
    else expectClose((result as Record<string, { data: Float32Array }>)["y"]!.data, expected(input), { abs: 1e-6 });
  });

  it("stops on abort and rejects shapes that exceed the device, without leaks", async () => {
    const device = await testDevice({ defaultLimits: true });
    const live = trackLive(device);
    const before = live();
    const session = await Session.load(small, { device, precision: "f32" });
    await expect(session.run({ x: x(2, 2), b }, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    await expect(Session.load(small, { device, signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
    // 2 x 4200 x 4200 floats are more than the default 128 MiB of one binding.
    await expect(session.bind({ x: [1, 2, 4200, 4200], b: b.shape })).rejects.toThrow(
      /activations of at most 134217728/,
    );
    session.dispose();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(live()).toBe(before);
  });

  it("keeps the second program for shapes whose first one failed after an abort", async () => {
    const device = await testDevice();
    const live = trackLive(device);
    const before = live();
    const session = await Session.load(small, { device, precision: "f32", keep: 1 });
    const bind = (side: number): Promise<unknown> => session.bind({ x: [1, 2, side, side], b: b.shape });
    const create = vi.spyOn(BoundProgram, "create");
    // Both algorithms.
    for (let i = 0; i < 2; i++) create.mockRejectedValueOnce(new Error("no memory"));
    const [first, , third] = await Promise.allSettled([bind(2), bind(3), bind(2)]);
    create.mockRestore();
    expect([first.status, third.status]).toEqual(["rejected", "fulfilled"]);
    expect(await bind(2)).toBe((third as PromiseFulfilledResult<unknown>).value);
    session.dispose();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(live()).toBe(before);
  });

  it("computes convolutions by another algorithm after tuning, with the same results and without leaks", async () => {
    const device = await testDevice();
    const convolution = buildModel({
      inputs: [{ name: "x", shape: [1, 8, "h", "w"] }],
      outputs: [{ name: "y" }],
      nodes: [node("Conv", ["x", "weights"], ["y"], { kernel_shape: [1, 1] })],
      initializers: [{ name: "weights", shape: [8, 8, 1, 1], data: [...randoms(64, 5)] }],
    });
    const live = trackLive(device);
    const before = live();
    const choices = new ConvChoices(device, ENGINE.convolutions);
    const session = await Session.load(convolution, { device, precision: "f32", choices });
    const input = { x: { data: randoms(8 * 6 * 5, 6), shape: [1, 8, 6, 5] } };
    const kernels = (): string[] => session.plan({ x: input.x.shape }).steps.map(({ kernel }) => kernel);
    const { y } = await session.run(input);
    const held = live();
    const plain = kernels();
    const report = await session.tune({ milliseconds: Infinity, admit: (choice) => choice === "split/2" });
    const [row] = report.rows;
    expect(row!.results).toEqual([{ choice: "split/2", milliseconds: expect.any(Number), score: expect.any(Number) }]);
    // Whichever was the fastest: switches to the other algorithm, and back.
    for (const [score, expected] of [[0.5, expect.arrayContaining(["convSplit"])] as const, [2, plain] as const]) {
      choices.measured = { [row!.key]: { "split/2": score } };
      expect(kernels()).toEqual(expected);
      const [running] = await Promise.all([session.run(input), session.rebuild()]);
      for (const again of [running, await session.run(input)]) expectClose(again["y"]!.data, y!.data, { abs: 1e-5 });
    }
    expect(live()).toBe(held);
    session.dispose();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(live()).toBe(before);
    await expect(session.tune()).rejects.toThrow(/disposed/);
  });
});
