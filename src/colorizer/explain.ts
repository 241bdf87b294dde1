/** Saying what went wrong on a device. */
import { lossAfterError } from "../gpu/device-loss";
import { DeviceError, EngineError, InputError } from "../base/errors";

/** A lost device shows as all kinds of errors; its own words are the useful ones. */
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
