import { expect, it } from "vitest";
import { finish } from "../../../src/base/pacer";
import { KernelError } from "../../../src/base/errors";
import { phasesOf } from "../../../src/kernels/conv/phases";
import { packingOf } from "../../../src/kernels/packing";
import { convDirect } from "../../../src/kernels/conv/direct";
import { convCase } from "../../shared/conv-cases";

it("of a 3x3 kernel keeps 2x2 taps in each of four phases", () => {
  const { params } = convCase("doubled", [4, 4, 1], [3, 3], 1, { upsample: [2, 2] });
  const phases = phasesOf(params);
  expect(phases.map(({ kernel, padTop, padLeft, phase }) => [...kernel, padTop, padLeft, ...phase!.offset])).toEqual([
    [2, 2, 1, 1, 0, 0],
    [2, 2, 1, 0, 0, 1],
    [2, 2, 0, 1, 1, 0],
    [2, 2, 0, 0, 1, 1],
  ]);
  expect(phases[0]!.phase!.sums).toEqual([[0], [1, 2], [3, 6], [4, 5, 7, 8]]);
  expect(phases[3]!.phase!.sums).toEqual([[0, 1, 3, 4], [2, 5], [6, 7], [8]]);
});

it("sums the weights where they are packed", () => {
  const { params } = convCase("doubled", [4, 4, 1], [3, 3], 1, { upsample: [2, 2] });
  const { packing } = convDirect.plan(phasesOf(params)[0]!);
  const packed = finish(packingOf(packing!["weights"]!, Float32Array.of(1, 2, 4, 8, 16, 32, 64, 128, 256)));
  // One channel in blocks of 4 x 8: the first number of each tap.
  expect([0, 1, 2, 3].map((tap) => packed[tap * 32])).toEqual([1, 6, 72, 432]);
  expect(packed.reduce((a, b) => a + b)).toBe(511);
});

it("has as many phases as there are output pixels to make", () => {
  const count = (out: [number, number]): number =>
    phasesOf(convCase("", [2, 2, 4], [2, 2], 4, { upsample: [3, 2], pads: [0, 0], out }).params).length;
  expect(count([5, 3])).toBe(6);
  expect(count([2, 1])).toBe(2);
  expect(phasesOf(convCase("plain", [2, 2, 4], [2, 2], 4).params).length).toBe(1);
});

it("refuses strides", () => {
  const { params } = convCase("", [4, 4, 4], [3, 3], 4, { upsample: [2, 2], strides: [2, 2] });
  expect(() => phasesOf(params)).toThrow(KernelError);
});
