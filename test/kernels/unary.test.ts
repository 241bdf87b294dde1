import { describe, expect, it } from "vitest";
import { unary } from "../../src/kernels/unary";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { runKernel, testDevice } from "../gpu";
import { activate } from "../reference/activation";
import { activationCases, cases as unaryCases } from "../reference/ops/unary";
import { describeCases } from "./check-case";

describeCases("unary", unaryCases);

describe("activations", () => {
  for (const [activation, low, high, edges] of activationCases)
    it(JSON.stringify(activation), async () => {
      const device = await testDevice({ defaultLimits: true });
      const src = Float32Array.of(...edges, ...randoms(501, 7, low, high));
      const plan = unary.plan({ count: src.length, activation, elem: "f32" });
      const { dst } = await runKernel(device, unary as never, plan, "f32", { src }, { dst: src.length });
      const expected = Array.from(src, (x) => activate(activation, x));
      // Relative above 1: WGSL allows exp(x) 3 + 2|x| units in the last place, tanh 1e-5.
      const size = (i: number) => Math.max(1, Math.abs(expected[i]!));
      const scaled = (values: ArrayLike<number>) => Float32Array.from(values, (value, i) => value / size(i));
      expectClose(scaled(dst!), scaled(expected), { abs: 2e-5 }, activation.fn);
      expect(dst!.every(Number.isFinite)).toBe(true);
    });
});

it("refuses an empty tensor", () => {
  expect(() => unary.plan({ count: 0, activation: { fn: "relu" }, elem: "f32" })).toThrow(/count to be positive/);
});
