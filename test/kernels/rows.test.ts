import { describe, expect, it } from "vitest";
import { sizeOf } from "../../src/graph/ir";
import { layerNorm } from "../../src/kernels/normalize";
import { reduce, reducePlan } from "../../src/kernels/reduce";
import { softmax } from "../../src/kernels/softmax";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { runKernel, testDevice } from "../gpu";
import { evaluate } from "../reference/interpret";
import { cases as instanceNormCases } from "../reference/ops/instance-norm";
import { cases as layerNormCases } from "../reference/ops/layer-norm";
import { cases as reduceCases } from "../reference/ops/reduce";
import { cases as softmaxCases } from "../reference/ops/softmax";
import { describeCases } from "./check-case";

describeCases("reduce", reduceCases);
describeCases("softmax", softmaxCases);
describeCases("layer norm", layerNormCases);
describeCases("instance norm", instanceNormCases);

describe("reducePlan", () => {
  it("takes neighbouring axes in one step", () => {
    expect(reducePlan([2, 8, 8, 1536], [1, 2])).toEqual([{ outer: 2, axis: 64, inner: 1536 }]);
    expect(reducePlan([4, 1, 5], [0, 2])).toEqual([{ outer: 1, axis: 20, inner: 1 }]);
    expect(reducePlan([2, 3], [])).toEqual([{ outer: 1, axis: 1, inner: 6 }]);
    expect(reducePlan([1, 1], [0, 1])).toEqual([{ outer: 1, axis: 1, inner: 1 }]);
    expect(() => reducePlan([2, 3], [2])).toThrow(/axes of \[2, 3\]/);
  });

  for (const fn of ["mean", "max"] as const)
    it(`chains ${fn} over axes that are apart`, async () => {
      const device = await testDevice();
      const shape = [3, 4, 5, 2, 6];
      const axes = [0, 2, 4];
      const x = randoms(sizeOf(shape), 3);
      const steps = reducePlan(shape, axes);
      expect(steps).toHaveLength(3);
      let data: Float32Array = x;
      for (const step of steps) {
        const plan = reduce.plan({ ...step, fn, elem: "f32" });
        const output = { dst: step.outer * step.inner };
        data = (await runKernel(device, reduce as never, plan, "f32", { src: data }, output))["dst"]!;
      }
      const node = { op: "reduce", attributes: { fn, axes, keepDims: false } } as never;
      expectClose(data, evaluate(node, [{ shape, data: x }]).data, { abs: 1e-6 });
    });
});

it("uses a workgroup a row for long rows only", () => {
  const constants = (outer: number, axis: number, inner: number) =>
    softmax.plan({ outer, axis, inner, elem: "f32" }).constants;
  expect(constants(7, 1000, 1)).toMatchObject({ PER_ROW: 64, ROWS: 7 });
  expect(constants(7, 10, 1)).toMatchObject({ PER_ROW: 1, ROWS: 7 });
  expect(softmax.plan({ outer: 65_537, axis: 64, inner: 1, elem: "f32" }).grid).toEqual([32_769, 2, 1]);
  expect(constants(7, 100, 8000)).toMatchObject({ PER_ROW: 1, ROWS: 14000, unit: "vec4<f32>" });
});

it("leaves the bias out of a layer norm without one", () => {
  expect(layerNorm.plan({ rows: 2, size: 8, epsilon: 1e-5, bias: false, elem: "f32" }).unbound).toEqual(["bias"]);
  expect(() => layerNorm.plan({ rows: 2, size: 8, epsilon: -1, bias: false, elem: "f32" })).toThrow(/epsilon/);
});
