/** The tests of a convolution kernel of its own: every case in every storage type, on every kind of device. */
import { describe, it, vi } from "vitest";
import type { Elem } from "../../../src/kernels/kernel";
import type { ConvCase } from "../../shared/conv-cases";
import { testDevice } from "../../gpu";

/** `check` runs one case on a device and compares it with the reference. `more` declares tests of this kernel alone. */
export function describeConv(
  name: string,
  cases: readonly ConvCase[],
  check: (device: GPUDevice, test: ConvCase, elem: Elem) => Promise<void>,
  more: () => void = () => {},
): void {
  // Drivers compile for seconds where many processes share few cores.
  vi.setConfig({ testTimeout: 300_000 });

  describe(name, () => {
    for (const test of cases)
      it(test.name, async () => {
        await check(await testDevice(), test, "f32");
        await check(await testDevice({ defaultLimits: true }), test, "f32");
      });

    it("stores f16 and accumulates in f32", async ({ skip }) => {
      const device = await testDevice();
      if (!device.features.has("shader-f16")) skip("the adapter has no shader-f16");
      for (const test of cases) await check(device, test, "f16");
    });

    more();
  });
}
