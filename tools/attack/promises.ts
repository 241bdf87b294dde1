/** What every check shares: errors that are promised, and the device. */
import { EngineError, GraphError, KernelError } from "../../src/base/errors";
import { requestNodeDevice } from "../../src/node/device";
import { trackLive } from "../../test/shared/live-memory";
import { Finding } from "./attack";

/** Bytes of UTF-8 that a message may have. */
const MESSAGE_BYTES = 4096;

/**
 * The outcome of an error that users are promised. Throws Finding for all others: those that have no type of this package, those that
 * its documentation calls bugs of the engine, and messages that say nothing or too much.
 */
export function refusal(error: unknown): string {
  if (!(error instanceof EngineError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Finding(`an error without a type: ${text}`);
  }
  if (error instanceof GraphError || error instanceof KernelError)
    throw new Finding(`a bug of the engine: ${error.stack}`);
  if (Buffer.byteLength(error.message) > MESSAGE_BYTES)
    throw new Finding(`a message of ${Buffer.byteLength(error.message)} bytes`);
  if (!/: expected .+, received .+/s.test(error.message))
    throw new Finding(`a message that explains nothing: ${error.message}`);
  return `refused by ${error.name}`;
}

let shared: Promise<{ readonly device: GPUDevice; live(): number }> | undefined;

/** The device of this process, and how many of its buffers and textures exist. */
export function attackedDevice(): Promise<{ readonly device: GPUDevice; live(): number }> {
  shared ??= requestNodeDevice().then((device) => ({ device, live: trackLive(device) }));
  return shared;
}

/** Waits until no more than `count` buffers and textures exist: dispose() frees them soon, not at once. Throws Finding. */
export async function expectLive(live: () => number, count: number): Promise<void> {
  for (let i = 0; i < 100 && live() > count; i++) await new Promise((resolve) => setTimeout(resolve, i < 50 ? 0 : 20));
  if (live() > count) throw new Finding(`${live() - count} buffers or textures are not freed`);
}
