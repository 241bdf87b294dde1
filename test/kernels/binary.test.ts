import { expect, it } from "vitest";
import { IDENTITY } from "../../src/graph/ir";
import { binary } from "../../src/kernels/binary";
import { cases as binaryCases } from "../reference/ops/binary";
import { describeCases } from "./check-case";

describeCases("binary", binaryCases);

const params = { fn: "add", activation: IDENTITY, elem: "f32" } as const;

it("refuses shapes that do not broadcast", () => {
  expect(() => binary.plan({ ...params, shapeA: [3], shapeB: [2], shape: [3] })).toThrow(/broadcasts to \[3\].*\[2\]/);
  expect(() => binary.plan({ ...params, shapeA: [2, 3], shapeB: [3], shape: [3] })).toThrow(/broadcasts/);
});

it("refuses more axes than the shader unrolls", () => {
  const shape = [2, 3, 2, 3, 2, 3, 2, 3];
  const every = shape.map((n, axis) => (axis % 2 ? n : 1));
  expect(() => binary.plan({ ...params, shapeA: shape, shapeB: every, shape })).toThrow(/at most 6 axes/);
});

it("uses vec4 storage where the last axis allows it", () => {
  const plan = (channels: number) =>
    binary.plan({ ...params, shapeA: [5, channels], shapeB: [channels], shape: [5, channels] });
  expect(plan(8)).toMatchObject({ constants: { dst_unit: "vec4<f32>", COUNT: 10 }, flags: { VECTOR: true } });
  expect(plan(9)).toMatchObject({ constants: { dst_unit: "f32", COUNT: 45 }, flags: { VECTOR: false } });
});
