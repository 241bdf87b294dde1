/** The tiles of a layer against numbers that are known. */
import { expect, it } from "vitest";
import { InputError } from "../../src/base/errors";
import { readActivations } from "../../src/gpu/activations";
import { Session } from "../../src/session/session";
import { testDevice } from "../gpu";
import { buildModel, node } from "../onnx-builder";
import { trackLive } from "../shared/live-memory";

/** Three channels of a picture x: 2x, 1 - x, and 0. */
function model(height: number, width: number): Uint8Array {
  return buildModel({
    inputs: [{ name: "x", shape: [1, 1, height, width] }],
    outputs: [{ name: "y", shape: [1, 3, height, width] }],
    nodes: [node("Conv", ["x", "w", "b"], ["y"], { kernel_shape: [1, 1] })],
    initializers: [
      { name: "w", shape: [3, 1, 1, 1], data: [2, -1, 0] },
      { name: "b", shape: [3], data: [0, 1, 0] },
    ],
  });
}

/** The layers of the model's program, for an input whose activations are filled: the convolution, and its transpose to the order of ONNX. */
async function layers(height: number, width: number, x: Float32Array) {
  const device = await testDevice();
  const session = await Session.load(model(height, width), {
    device,
    precision: "f32",
    inputShapes: { x: [1, 1, height, width] },
  });
  await session.run({ x: { data: x, shape: [1, 1, height, width] } });
  const bound = await session.bind({ x: [1, 1, height, width] });
  const live = trackLive(device);
  const read = (output: string) => readActivations(device, bound, output);
  return { read, live, outputs: bound.program.steps.map(({ output }) => output), session };
}

it("shows each channel from its least number to its largest, in both orders of axes", async () => {
  const x = new Float32Array(15).map((_, i) => (i * 7) % 15);
  x[2] = 15; // in place of 14: a step of 1 is then 17 of 255
  const { read, live, outputs, session } = await layers(3, 5, x);
  const up = [...x].map((value) => 17 * value);
  expect(outputs.length).toBe(2);
  for (const output of outputs) {
    const { data, ...sizes } = await read(output);
    expect({ output, ...sizes }).toEqual({ output, channels: 3, width: 5, height: 3, tile: { width: 5, height: 3 } });
    expect([...data.subarray(0, 15)]).toEqual(up);
    expect([...data.subarray(15, 30)]).toEqual(up.map((value) => 255 - value));
    expect([...data.subarray(30)]).toEqual(Array(15).fill(0));
  }
  await expect(read("nothing")).rejects.toThrow(InputError);
  expect(live()).toBe(0);
  session.dispose();
});

it("keeps every third number of a channel that is too large for a tile", async () => {
  const x = new Float32Array(2 * 300).map((_, i) => i % 300);
  const { read, outputs, session } = await layers(2, 300, x);
  const { width, height, tile, data } = await read(outputs[0]!);
  expect({ width, height, tile }).toEqual({ width: 300, height: 2, tile: { width: 100, height: 1 } });
  expect([...data.subarray(0, 100)]).toEqual(Array.from({ length: 100 }, (_, i) => Math.round((255 * i) / 99)));
  session.dispose();
});
