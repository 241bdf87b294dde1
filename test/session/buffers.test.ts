/** Buffers that others share, or that are gone by the time they are read. */
import { describe, expect, it } from "vitest";
import { Colorizer, InputError } from "../../src/index";
import { Session } from "../../src/session/session";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { testDevice } from "../gpu";
import { buildModel, node } from "../../tools/onnx-writer";
import { tinyReader } from "../shared/tiny-model";

const [width, height] = [24, 16];
const pixels = Uint8Array.from(randoms(width * height * 4, 3, 0, 256), Math.floor);

const loadTiny = async (): Promise<Colorizer> =>
  Colorizer.load({ model: "tiny", read: tinyReader(), device: await testDevice(), precision: "f32" });

/** y = weights * x + x, whose weights are raw bytes of the file. */
const model = buildModel({
  inputs: [{ name: "x", shape: [1, 1, "h", "w"] }],
  outputs: [{ name: "y" }],
  nodes: [node("Conv", ["x", "weights"], ["scaled"], { kernel_shape: [1, 1] }), node("Add", ["scaled", "x"], ["y"])],
  initializers: [{ name: "weights", shape: [1, 1, 1, 1], data: [2] }],
});

function shared(bytes: ArrayLike<number>): Uint8Array<SharedArrayBuffer> {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length));
  view.set(bytes);
  return view;
}

describe("a SharedArrayBuffer", () => {
  it("may hold the pixels", async () => {
    const colorizer = await loadTiny();
    const expected = await colorizer.colorize({ data: pixels, width, height });
    const view = shared(pixels);
    for (const data of [view, new Uint8ClampedArray(view.buffer), Buffer.from(view.buffer)]) {
      const result = await colorizer.colorize({ data, width, height });
      expect(result.data).toEqual(expected.data);
      expect((await result.withSaturation(0.5)).data).toEqual((await expected.withSaturation(0.5)).data);
    }
    colorizer.dispose();
  });

  it("may hold a session's model and tensors", async () => {
    const device = await testDevice();
    const session = await Session.load(shared(model), { device, precision: "f32" });
    const data = new Float32Array(new SharedArrayBuffer(24));
    data.set([1, 2, 3, 4, 5, 6]);
    const { y } = await session.run({ x: { data, shape: [1, 1, 2, 3] } });
    expectClose(y!.data, [3, 6, 9, 12, 15, 18], { abs: 1e-5 });
    session.dispose();
  });
});

describe("a buffer that was transferred", () => {
  const gone = /24x16.*transferred|transferred.*24x16/;

  it("is an error for the picture and all that is made from it", async () => {
    const colorizer = await loadTiny();
    const data = pixels.slice();
    const result = await colorizer.colorize({ data, width, height });
    structuredClone(data.buffer, { transfer: [data.buffer] });
    for (const change of [() => result.withSaturation(2), () => result.withSize(32)]) {
      const error = await change().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(InputError);
      expect((error as InputError).message).toMatch(gone);
    }
    const late = pixels.slice();
    const running = colorizer.colorize(
      { data: late, width, height },
      { onStage: (stage) => void (stage === "recombine" && structuredClone(late.buffer, { transfer: [late.buffer] })) },
    );
    await expect(running).rejects.toThrow(gone);
    expect((await colorizer.colorize({ data: pixels, width, height })).data).toEqual(result.data);
    colorizer.dispose();
  });

  it("is an error for a tensor, unless the run has begun", async () => {
    const session = await Session.load(model, { device: await testDevice(), precision: "f32" });
    const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [1, 1, 2, 3] };
    const first = session.run({ x });
    const waiting = session.run({ x });
    structuredClone(x.data.buffer, { transfer: [x.data.buffer] });
    for (const { y } of await Promise.all([first, waiting])) expectClose(y!.data, [3, 6, 9, 12, 15, 18], { abs: 1e-5 });
    await expect(session.run({ x })).rejects.toThrow(/input "x": expected 6 elements, received 0/);
    session.dispose();
  });
});
