import { describe, expect, it } from "vitest";
import { setConstants, chooseBranches } from "../../src/kernels/assemble";
import { unary } from "../../src/kernels/unary";
import type { ActivationParams } from "../../src/kernels/activation";
import { expectClose, randoms } from "../expect-close";
import { runKernel, testDevice } from "../gpu";

const cases: [ActivationParams, (x: number) => number][] = [
  [{ fn: "relu" }, (x) => Math.max(0, x)],
  [{ fn: "tanh" }, Math.tanh],
  [{ fn: "leakyRelu", alpha: 0.2 }, (x) => (x < 0 ? 0.2 * x : x)],
  [{ fn: "clip", min: -0.5, max: Infinity }, (x) => Math.max(-0.5, x)],
];

describe("unary", () => {
  for (const [activation, reference] of cases)
    for (const count of activation.fn === "relu" ? [1, 5, 4 * 64 * 65535 + 4] : [1, 1023])
      it(`${activation.fn} of ${count}`, async () => {
        const device = await testDevice();
        const src = randoms(count, 7, -3, 3);
        src[0] = 200; // tanh of a large argument must not overflow
        const plan = unary.plan({ count, activation, elem: "f32" });
        const { dst } = await runKernel(device, unary as never, plan, "f32", { src }, { dst: count });
        // exp and tanh are allowed a few ulp by WGSL.
        expectClose(dst!, Float32Array.from(src, reference), { abs: 1e-5 });
      });
});

describe("assemble", () => {
  it("refuses a constant that is not there", () => {
    expect(() => setConstants("k", "const A: u32 = 1u;", { B: 2 })).toThrow(/one const or alias line named B/);
  });
  it("chooses branches", () => {
    expect(chooseBranches("k", "a\n#if X\nb\n#else\nc\n#endif\nd", { X: false })).not.toContain("b");
    expect(() => chooseBranches("k", "#if Y\n#endif", {})).toThrow(/value for #if Y/);
  });
});
