import { describe, expect, it } from "vitest";
import { sizeOf, type Shape } from "../../src/graph/ir";
import { gatherIndices } from "../../src/kernels/gather";
import type { Elem } from "../../src/kernels/kernel";
import { pad } from "../../src/kernels/pad";
import { depthToSpace, spaceToDepth } from "../../src/kernels/block-copy";
import { concatPart, expand, slice, transpose } from "../../src/kernels/strided-copy";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { decodeElems, encodeElems, fromHalf, runKernel, testDevice } from "../gpu";
import { cases as expandCases } from "../reference/ops/expand";
import { cases as gatherCases } from "../reference/ops/gather";
import { cases as padCases } from "../reference/ops/pad";
import { cases as sliceCases } from "../reference/ops/slice";
import { cases as transposeCases } from "../reference/ops/transpose";
import { cases as depthToSpaceCases } from "../reference/ops/depth-to-space";
import { cases as spaceToDepthCases } from "../reference/ops/space-to-depth";
import { describeCases } from "./check-case";

describeCases("transpose", transposeCases);
describeCases("slice", sliceCases);
describeCases("expand", expandCases);
describeCases("pad", padCases);
describeCases("gather", gatherCases);
describeCases("depth to space", depthToSpaceCases);
describeCases("space to depth", spaceToDepthCases);

// Kernels find their index with lib/linear.wgsl or lib/rows.wgsl; this is the cheapest one to show it wraps.
it("wraps a grid past 65,535 workgroups", async () => {
  const [rows, columns] = [2048, 2049];
  const plan = expand.plan({ shape: [1, columns], outShape: [rows, columns], elem: "f32" });
  expect(plan.grid).toEqual([32_784, 2, 1]);
  const src = randoms(columns, 1);
  const device = await testDevice({ defaultLimits: true });
  const { dst } = await runKernel(device, expand as never, plan, "f32", { src }, { dst: rows * columns });
  const expected = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) expected.set(src, row * columns);
  expectClose(dst!, expected, { abs: 0 });
});

/** What runKernel leaves in elements that no invocation wrote. */
const UNWRITTEN: Readonly<Record<Elem, readonly number[]>> = {
  f32: [new Float32Array(new Uint32Array([0x7f4a7c15]).buffer)[0]!],
  f16: [fromHalf(0x7c15), fromHalf(0x7f4a)],
};

async function checkConcatPart(shape: Shape, axis: number, offset: number, axisTotal: number, elem: Elem) {
  const device = await testDevice(elem === "f16" ? {} : { defaultLimits: true });
  if (elem === "f16" && !device.features.has("shader-f16")) return false;
  const src = decodeElems(encodeElems(randoms(sizeOf(shape), 5), elem).buffer as ArrayBuffer, sizeOf(shape), elem);
  const outer = sizeOf(shape.slice(0, axis));
  const inner = sizeOf(shape.slice(axis + 1));
  const unwritten = UNWRITTEN[elem];
  const expected = Float32Array.from({ length: outer * axisTotal * inner }, (_, i) => unwritten[i % unwritten.length]!);
  for (let o = 0; o < outer; o++)
    for (let k = 0; k < shape[axis]!; k++)
      for (let i = 0; i < inner; i++)
        expected[(o * axisTotal + offset + k) * inner + i] = src[(o * shape[axis]! + k) * inner + i]!;
  const plan = concatPart.plan({ shape, axis, offset, axisTotal, elem });
  const { dst } = await runKernel(device, concatPart as never, plan, elem, { src }, { dst: expected.length });
  expectClose(dst!, expected, { abs: 0 }, `concat of [${shape}]`);
  return true;
}

describe("concat", () => {
  const cases: readonly [Shape, number, number, number][] = [
    [[1], 0, 0, 1],
    [[2, 3, 5], 1, 2, 7],
    [[1, 3, 5, 8], 3, 4, 16], // vec4
    [[1, 3, 5, 8], 3, 3, 16], // off the vec4
    [[1, 3, 5, 7], 3, 0, 12],
    [[2, 3], 0, 1, 4],
  ];
  for (const [shape, axis, offset, total] of cases)
    for (const elem of ["f32", "f16"] as const)
      it(`writes [${shape}] at ${offset} of ${total} on axis ${axis} and nothing else, ${elem}`, async (context) => {
        if (!(await checkConcatPart(shape, axis, offset, total, elem))) context.skip("this adapter has no shader-f16");
      });
});

describe("plans", () => {
  it("move four elements at a time where rows allow it", () => {
    const unit = (channels: number, offset: number) =>
      concatPart.plan({ shape: [3, channels], axis: 1, offset, axisTotal: 32, elem: "f16" }).constants["unit"];
    expect([unit(8, 4), unit(8, 5), unit(7, 4)]).toEqual(["vec4<f16>", "f16", "f16"]);
  });

  it("pad with the largest number of the type for an infinite value", () => {
    const value = (elem: Elem) =>
      pad.plan({ shape: [3], before: [1], after: [0], mode: "constant", value: -Infinity, elem }).constants["VALUE"];
    expect(value("f16")).toBe(-65504);
    expect(value("f32")).toBe(-Infinity); // assemble() writes the lowest finite number
  });

  it("refuse what does not fit", () => {
    const elem = "f32";
    expect(() => transpose.plan({ shape: [2, 3], perm: [0, 0], elem })).toThrow(/permutation/);
    const seven = [2, 3, 2, 3, 2, 3, 2];
    expect(() => transpose.plan({ shape: seven, perm: [6, 5, 4, 3, 2, 1, 0], elem })).toThrow(/at most 6 axes/);
    expect(() => slice.plan({ shape: [4], starts: [2], steps: [1], outShape: [3], elem })).toThrow(/inside axis 0/);
    expect(() => concatPart.plan({ shape: [4], axis: 0, offset: 2, axisTotal: 5, elem })).toThrow(/axis 0 of size 5/);
    expect(() => pad.plan({ shape: [3], before: [3], after: [0], mode: "reflect", value: 0, elem })).toThrow(
      /size - 1/,
    );
    expect(() => pad.plan({ shape: [3], before: [-1], after: [0], mode: "edge", value: 0, elem })).toThrow(
      /at least 0/,
    );
    expect(() => gatherIndices([0, 5], 5)).toThrow(/0 to 4.*5/);
    const block = { batch: 1, height: 3, width: 2, block: 2, elem } as const;
    expect(() => depthToSpace.plan({ ...block, channels: 6, mode: "DCR" })).toThrow(/block\^2/);
    expect(() => spaceToDepth.plan({ ...block, channels: 1 })).toThrow(/height \/ block/);
  });
});
