import { expect, it } from "vitest";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { runKernel, testDevice } from "../gpu";
import { pool2d } from "../../src/kernels/pool2d";
import { cases as pool2dCases } from "../reference/ops/pool";
import { describeCases } from "./check-case";

describeCases("pool2d", pool2dCases);

const params = {
  batch: 1,
  inHeight: 4,
  inWidth: 4,
  channels: 4,
  outHeight: 2,
  outWidth: 2,
  kernel: [2, 2],
  strides: [2, 2],
  dilations: [1, 1],
  padTop: 0,
  padLeft: 0,
  padBottom: 0,
  padRight: 0,
  kind: "max",
  countIncludePad: false,
  elem: "f32",
} as const;

it("refuses negative pads and empty kernels", () => {
  expect(() => pool2d.plan(params)).not.toThrow();
  expect(() => pool2d.plan({ ...params, padLeft: -1 })).toThrow(/pads to be integers of at least 0/);
  expect(() => pool2d.plan({ ...params, kernel: [0, 2] })).toThrow(/kernel to be positive/);
});

it.each([
  ["of four", 4, 4, 12],
  ["off the four", 4, 3, 12],
  ["of an odd number", 3, 2, 7],
])("writes channels %s and no others", async (_, channels, first, total) => {
  const src = randoms(4 * 4 * channels, 1);
  const plan = pool2d.plan({ ...params, channels, slice: { first, channels: total } });
  const device = await testDevice({ defaultLimits: true });
  const { dst } = await runKernel(device, pool2d as never, plan, "f32", { src }, { dst: 4 * total });
  const unwritten = dst![0]!; // what runKernel leaves there
  const expected = new Float32Array(4 * total).fill(unwritten);
  const at = (y: number, x: number, c: number): number => src[(y * 4 + x) * channels + c]!;
  for (let y = 0; y < 2; y++)
    for (let x = 0; x < 2; x++)
      for (let c = 0; c < channels; c++)
        expected[(y * 2 + x) * total + first + c] = Math.max(
          ...[0, 1].flatMap((ky) => [0, 1].map((kx) => at(2 * y + ky, 2 * x + kx, c))),
        );
  expect(first).toBeGreaterThan(0);
  expectClose(dst!, expected, { abs: 0 });
});
