/** Does interrupted work again on another device. A file of its own, because few visits need it. */
import type { OnDevice } from "./on-device";

/**
 * Does `work`, during which `device` was lost, on a new device, and when that is lost too, once more with safer parts. Throws what `work`
 * throws, and DeviceError for all errors of the device.
 */
export async function doAgain<T>(
  on: Pick<OnDevice<unknown>, "device" | "stale" | "renewing" | "renew" | "watched" | "explain" | "canReplace">,
  device: GPUDevice,
  work: (safer: boolean) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let safer = false; ; safer = true) {
    try {
      // Of several works on one device, the first replaces it and the others wait.
      if (on.stale) on.renewing ??= on.renew(safer).finally(() => (on.renewing = undefined));
      try {
        await on.renewing;
      } finally {
        ({ device } = on);
      }
      return await on.watched(work(safer));
    } catch (error) {
      const explained = await on.explain(error, device, signal);
      if (safer || !on.canReplace(device, explained)) throw explained;
    }
  }
}
