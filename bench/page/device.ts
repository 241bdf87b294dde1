/** Replaces src/node/device.ts in the page, so that tests of kernels run on the browser's device. */
import { requestDevice, type DeviceOptions } from "../../src/gpu/device";

export const requestNodeDevice = (options?: DeviceOptions): Promise<GPUDevice> => requestDevice(undefined, options);
