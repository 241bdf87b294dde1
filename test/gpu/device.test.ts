import { expect, test } from "vitest";
import { DeviceError } from "../../src/base/errors";
import { deviceOf, requestDevice } from "../../src/gpu/device";

test.each([{}, { defaultLimits: true }])(
  "an adapter that gives no device is a DeviceError with a hint: %o",
  async (o) => {
    const refusal = new TypeError("limit not supported");
    const adapter = { limits: {}, features: new Set(), requestDevice: () => Promise.reject(refusal) };
    const error: unknown = await deviceOf(adapter as unknown as GPUAdapter, o).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DeviceError);
    expect(error).toMatchObject({ received: "TypeError: limit not supported", cause: refusal });
    expect((error as DeviceError).hint).toContain("graphics driver");
  },
);

test("an adapter request that is rejected is a DeviceError", async () => {
  const refusal = new DOMException("the GPU process is gone", "OperationError");
  const gpu = { requestAdapter: () => Promise.reject(refusal) } as unknown as GPU;
  const error: unknown = await requestDevice(gpu).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(DeviceError);
  expect(error).toMatchObject({ received: "OperationError: the GPU process is gone", cause: refusal });
});
