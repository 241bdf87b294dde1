import { expect, test } from "vitest";
import { EngineError } from "../../../src/base/errors";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { randoms } from "../../shared/randoms";
import { buildModel, node } from "../../../tools/onnx-writer";

const MODEL = buildModel({
  inputs: [{ name: "x", shape: [1, 3, "h", "w"] }],
  outputs: [{ name: "y" }],
  nodes: [
    node("Conv", ["x", "w", "b"], ["c"], { strides: [2, 2], pads: [1, 1, 0, 0], auto_pad: "NOTSET" }, "conv"),
    node("DequantizeLinear", ["q", "s"], ["d"], { axis: 0 }),
    node("Constant", [], ["k"], { value: { shape: [2], dtype: "i64", data: [-1, 2 ** 63] } }),
    node("Clip", ["c", "lo"], ["y"], { alpha: 0.125, names: ["a", "b"] }),
  ],
  initializers: [
    { name: "w", shape: [2, 3, 1, 1], data: [1, 2, 3, 4, 5, 6] },
    { name: "b", shape: [2], dtype: "f16", data: [0.5, -0.5] },
    { name: "q", shape: [3], dtype: "i8", data: [-1, 0, 1] },
    { name: "s", shape: [], data: [0.5] },
  ],
});

/** Either a model or an error of ours; anything else fails the test with the seed. */
function attempt(bytes: Uint8Array, what: string): "model" | "error" {
  try {
    decodeModel(bytes, { label: what });
    return "model";
  } catch (error) {
    if (error instanceof EngineError) return "error";
    throw new Error(`${what}: ${String(error)}`, { cause: error });
  }
}

test("random bytes instead of some give a model or an EngineError", () => {
  const outcomes = { model: 0, error: 0 };
  for (let seed = 1; seed <= 4000; seed++) {
    const [count, ...values] = randoms(17, seed, 0, 1);
    const bytes = MODEL.slice();
    for (let i = 0; i <= Math.floor(count! * 8); i++)
      bytes[Math.floor(values[i * 2]! * bytes.length)] = Math.floor(values[i * 2 + 1]! * 256);
    outcomes[attempt(bytes, `seed ${seed}`)]++;
  }
  expect(outcomes.model).toBeGreaterThan(100);
  expect(outcomes.error).toBeGreaterThan(100);
});

test("every single bit flipped gives a model or an EngineError", () => {
  const outcomes = { model: 0, error: 0 };
  for (let bit = 0; bit < MODEL.length * 8; bit++) {
    const bytes = MODEL.slice();
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    outcomes[attempt(bytes, `bit ${bit}`)]++;
  }
  expect(outcomes.model).toBeGreaterThan(100);
  expect(outcomes.error).toBeGreaterThan(100);
});
