/** Does interrupted work again on another device. */
import { explain } from "../gpu/explain";

/** A device that can be replaced, and what is loaded on it. */
export interface Replaceable {
  readonly device: GPUDevice;
  /** While the device is replaced. */
  renewing: Promise<void> | undefined;
  /** Replaces the device. `safer`: saves memory and avoids f16 arithmetic. */
  renew(safer: boolean): Promise<void>;
  /** Whether `error`, which explain() gave for work on `device`, says that the device was lost, and another one can be requested. */
  canReplace(device: GPUDevice, error: unknown): boolean;
  /** `work`, or an error where it hangs. */
  watched<T>(work: Promise<T>): Promise<T>;
}

/**
 * Does `work`, during which `device` was lost, on a new device, and when that is lost too, once more in f32 and with a smaller working
 * size. Throws what `work` throws, and DeviceError for all errors of the device.
 */
export async function doAgain<T>(
  on: Replaceable,
  device: GPUDevice,
  work: (smaller: boolean) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let safer = false; ; safer = true) {
    try {
      // Of several works on one device, the first replaces it and the others wait.
      if (on.device === device) on.renewing ??= on.renew(safer).finally(() => (on.renewing = undefined));
      try {
        await on.renewing;
      } finally {
        ({ device } = on);
      }
      return await on.watched(work(safer));
    } catch (error) {
      const explained = await explain(error, device, signal);
      if (safer || !on.canReplace(device, explained)) throw explained;
    }
  }
}
