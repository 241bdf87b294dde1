/** Turns a device's errors into errors that say what to do. */
import { DeviceError, EngineError, InputError } from "../base/errors";
import { lossAfterError } from "./device-loss";

export const LIGHTEN = "Use a smaller size, or close other pages that use the GPU.";

/** What functions of the caller threw. */
const callersOwn = new WeakSet<Error>();

/** Calls a function of the caller. explain() leaves its errors as they are. */
export function callOut<T>(call: ((value: T) => void) | undefined, value: T): void {
  try {
    call?.(value);
  } catch (error) {
    if (error instanceof Error) callersOwn.add(error);
    throw error;
  }
}

/**
 * The error to report for `where`. A lost device causes many kinds of errors, of which its own reason is the useful one. What a device
 * throws itself (DOMException, TypeError) becomes a DeviceError.
 */
export async function explain(
  error: unknown,
  device: GPUDevice,
  signal: AbortSignal | undefined,
  where = "colorize",
): Promise<unknown> {
  const notOfDevice = error instanceof InputError || callersOwn.has(error as Error);
  if (signal?.aborted || notOfDevice) return error;
  const { reason } = await lossAfterError(device);
  if (reason !== undefined)
    return new DeviceError({
      where,
      expected: "a working device",
      received: `a lost one (${reason})`,
      hint: "Load the model again, on a new device.",
      cause: error,
    });
  if (error instanceof EngineError || !thrownByDevice(error)) return error;
  return new DeviceError({
    where,
    expected: "the GPU to finish its work",
    received: error.message,
    hint: LIGHTEN,
    cause: error,
  });
}

/** Whether a device throws such errors: RangeError where a buffer that is mapped from its creation on finds no memory. */
function thrownByDevice(error: unknown): error is Error {
  return error instanceof DOMException || error instanceof TypeError || error instanceof RangeError;
}
