import { expect, it } from "vitest";
import { Session } from "../../../src/session/session";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { testDevice } from "../../gpu";
import { buildModel, node } from "../../../tools/onnx-writer";

/** Columns: some whose rows can be read four at a time, and some that cannot. */
it.each([8, 5])("takes constant matrices, one for each of the batch: %i columns", async (columns) => {
  const weights = randoms(2 * 4 * columns, 2);
  const model = buildModel({
    inputs: [{ name: "x", shape: [2, 3, 4] }],
    outputs: [{ name: "y" }],
    nodes: [node("MatMul", ["x", "w"], ["y"])],
    initializers: [{ name: "w", shape: [2, 4, columns], data: [...weights] }],
  });
  const session = await Session.load(model, { device: await testDevice(), precision: "f32" });
  const x = randoms(2 * 3 * 4, 1);
  const { y } = await session.run({ x: { data: x, shape: [2, 3, 4] } });
  session.dispose();
  expect(y!.shape).toEqual([2, 3, columns]);
  const expected = Float32Array.from({ length: 2 * 3 * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const batch = Math.floor(row / 3);
    return [0, 1, 2, 3].reduce((sum, k) => sum + x[row * 4 + k]! * weights[(batch * 4 + k) * columns + column]!, 0);
  });
  expectClose(y!.data, expected, { abs: 1e-6 });
});
