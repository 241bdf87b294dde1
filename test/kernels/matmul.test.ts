import { describe, expect, it, vi } from "vitest";
import { finish } from "../../src/base/pacer";
import { matmul, type MatmulParams } from "../../src/kernels/matmul";
import type { Elem } from "../../src/kernels/kernel";
import { packingOf } from "../../src/kernels/packing";
import { expectClose } from "../shared/expect-close";
import { randoms } from "../shared/randoms";
import { runKernel, testDevice } from "../gpu";
import { matmulReference } from "../reference/conv";
import { stored, sumTolerance } from "./stored";

type Shape = Pick<MatmulParams, "batch" | "rows" | "inner" | "columns"> & Partial<MatmulParams>;

const CASES: readonly Shape[] = [
  { batch: 1, rows: 1, inner: 1, columns: 1 },
  { batch: 1, rows: 1, inner: 1536, columns: 1000, constantB: true, bias: true }, // the embedding's head
  { batch: 1, rows: 1, inner: 1001, columns: 256 },
  { batch: 1, rows: 3, inner: 257, columns: 10, constantB: true }, // split, nothing divisible by 4
  { batch: 1, rows: 5, inner: 8, columns: 7, bias: true },
  { batch: 1, rows: 4, inner: 7, columns: 16, constantB: true },
  { batch: 3, rows: 5, inner: 12, columns: 9, sharedB: false },
  { batch: 3, rows: 130, inner: 16, columns: 20, sharedB: false, bias: true },
  { batch: 2, rows: 9, inner: 6, columns: 33, sharedB: true, constantB: true, bias: true },
  { batch: 2, rows: 2, inner: 300, columns: 5, sharedB: false },
];

async function check(device: GPUDevice, shape: Shape, elem: Elem): Promise<void> {
  const params: MatmulParams = {
    ...{ sharedB: true, constantB: false, bias: false, activation: { fn: "relu" } },
    ...shape,
    elem,
  };
  const { batch, rows, inner, columns, sharedB } = params;
  const a = stored(randoms(batch * rows * inner, 1), elem);
  const b = stored(randoms((sharedB ? 1 : batch) * inner * columns, 2), elem);
  const bias = params.bias ? stored(randoms(columns, 3), elem) : undefined;
  const plan = matmul.plan(params);
  const packing = plan.packing?.["b"];
  const inputs = { a, b: packing ? finish(packingOf(packing, b)) : b, ...(bias ? { bias } : {}) };
  const count = batch * rows * columns;
  const { dst } = await runKernel(device, matmul as never, plan, elem, inputs, { dst: count });
  const expected = matmulReference(params, a, b, bias).map((x) => Math.max(0, x));
  expectClose(dst!, expected, sumTolerance(inner + 1, expected, elem), JSON.stringify(shape));
}

// Drivers compile for seconds where many processes share few cores.
vi.setConfig({ testTimeout: 300_000 });

describe("matmul", () => {
  for (const shape of CASES)
    it(JSON.stringify(shape), async () => {
      await check(await testDevice(), shape, "f32");
    });

  it("has the same numbers at WebGPU's default limits", async () => {
    for (const shape of CASES.slice(0, 4)) await check(await testDevice({ defaultLimits: true }), shape, "f32");
  });

  it("stores f16 and accumulates in f32", async ({ skip }) => {
    const device = await testDevice();
    if (!device.features.has("shader-f16")) skip("the adapter has no shader-f16");
    for (const shape of CASES.slice(1, 7)) await check(device, shape, "f16");
  });

  it("refuses parameters outside its contract", () => {
    const rest = { sharedB: false, bias: false, activation: { fn: "relu" }, elem: "f32" } as const;
    expect(() => matmul.plan({ batch: 1, rows: 0, inner: 1, columns: 1, constantB: false, ...rest })).toThrow(/rows/);
    expect(() => matmul.plan({ batch: 2, rows: 1, inner: 1, columns: 1, constantB: true, ...rest })).toThrow(/batch/);
  });
});
