/** Turns a device's errors into errors that say what to do. */
import { lossAfterError } from "../gpu/device-loss";
import { DeviceError, EngineError, InputError } from "../base/errors";

/** The error to report. A lost device causes many kinds of errors, of which its own reason is the useful one. */
export async function explain(error: unknown, device: GPUDevice, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal?.aborted || error instanceof InputError) return error;
  const { reason } = await lossAfterError(device);
  if (reason !== undefined)
    return new DeviceError({
      where: "colorize",
      expected: "a working device",
      received: `a lost one (${reason})`,
      hint: "Load a new Colorizer.",
      cause: error,
    });
  if (error instanceof EngineError || !(error instanceof DOMException)) return error;
  return new DeviceError({
    where: "colorize",
    expected: "the GPU to finish its work",
    received: error.message,
    hint: "Use a smaller size, or close other pages that use the GPU.",
    cause: error,
  });
}
