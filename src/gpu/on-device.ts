/** Work on a device: a device that hangs counts as lost, and a lost one is replaced where it was requested here. */
import { anyOf } from "../base/abortable";
import { DeviceError } from "../base/errors";
import type { Watchdog } from "../base/watchdog";
import { adapterClass } from "../graph/lower/conv-choice";
import { lossAfterError, lossOf } from "./device-loss";
import { explain } from "./explain";

/** What work on a device needs there. */
export interface Opening<P> {
  /** A device, which cannot be replaced, or a function that requests one. */
  readonly device: GPUDevice | (() => Promise<GPUDevice>);
  /** For messages. */
  readonly where: string;
  readonly watchdog: Watchdog;
  /**
   * Loads the parts on `device`. `safer`: in f32, unless f16 is stored to save memory. `before`: the parts on the lost device. Must end
   * soon after `signal` is aborted, and then or after an error frees everything but the device.
   */
  open(device: GPUDevice, options: OpenOptions<P>): Promise<P>;
  /** Frees the parts on a lost device, which others have replaced. */
  replaced(before: P): void;
}

export interface OpenOptions<P> {
  readonly safer: boolean;
  readonly before: P | undefined;
  readonly signal: AbortSignal;
  /** Takes parts with which some work can begin before open() has ended; undefined where nobody waits for them. */
  readonly onFirstParts: ((parts: P) => void) | undefined;
}

/** Work with the parts. `safer`: with half the memory where possible, because the device was lost twice. */
type Work<T> = (safer: boolean) => Promise<T>;

export class OnDevice<P> {
  /** Loaded on the last device on which that succeeded. */
  parts!: P;
  /** The last device that was requested. */
  #device!: GPUDevice;
  /** The device of `parts`. */
  #loadedOn: GPUDevice | undefined;
  /** While the device is replaced. */
  #renewing: Promise<void> | undefined;
  /** Whether the parts were loaded in a safer way, because the device was lost twice. */
  safer = false;
  readonly #opening: Opening<P>;
  /** Requests a device; undefined where the caller gave one, which cannot be replaced. */
  readonly #request: (() => Promise<GPUDevice>) | undefined;
  #signal: AbortSignal | undefined;

  private constructor(opening: Opening<P>, signal: AbortSignal | undefined) {
    const { device } = opening;
    this.#opening = opening;
    this.#request = typeof device === "function" ? () => device() : undefined;
    this.#signal = signal;
  }

  /** Requests a device and loads the parts. `onFirstParts` is called when there are some with which work can begin. Throws what open() throws, and DeviceError for a device that is missing, lost or hangs. */
  static async open<P>(
    opening: Opening<P>,
    signal: AbortSignal | undefined,
    onFirstParts?: (on: OnDevice<P>) => void,
  ): Promise<OnDevice<P>> {
    const on = new OnDevice(opening, signal);
    await on.#requestDevice();
    const device = on.#device;
    try {
      await on.#load(false, onFirstParts && (() => onFirstParts(on))).catch(async (error: unknown) => {
        const { reason } = await lossAfterError(device);
        if (reason === undefined || signal?.aborted) throw error;
        await on.#again(error, device, async () => undefined, signal);
      });
    } catch (error) {
      on.free();
      throw error;
    }
    on.#signal = undefined;
    return on;
  }

  get #watchdog(): Watchdog {
    return this.#opening.watchdog;
  }

  async #requestDevice(): Promise<void> {
    const { device } = this.#opening;
    this.#device = await (this.#request
      ? this.#watchdog.watch(this.#request(), () => undefined)
      : (device as GPUDevice));
    this.#watchdog.software = adapterClass(this.#device.adapterInfo).kind === "cpu";
  }

  async #load(safer: boolean, onFirstParts?: () => void): Promise<void> {
    const hung = new AbortController();
    const signal = anyOf(hung.signal, this.#signal);
    const before = this.parts as P | undefined;
    const device = this.#device;
    const takeFirst = (parts: P): void => {
      this.parts = parts;
      this.#loadedOn = device;
      onFirstParts?.();
    };
    const opened = this.#opening.open(device, { safer, before, signal, onFirstParts: onFirstParts && takeFirst });
    this.parts = await this.#watched(opened, () => hung.abort());
    this.#loadedOn = this.#device;
    this.safer ||= safer;
  }

  /** What users of results should know of the device. */
  get notes(): readonly string[] {
    return this.safer ? ["the device was lost twice: computed in f32"] : [];
  }

  /** Whether `parts` must be loaded on another device. */
  get #stale(): boolean {
    return this.#loadedOn === undefined || lossOf(this.#loadedOn).reason !== undefined;
  }

  /** Loads the parts on a new device. */
  async #renew(safer: boolean): Promise<void> {
    const before = this.parts as P | undefined;
    this.free();
    await this.#requestDevice();
    await this.#load(safer);
    if (before) this.#opening.replaced(before);
  }

  /**
   * Does `work`. When the device is lost meanwhile, does it again on a new device, then once more with safer parts.
   * Throws what `work` throws, and DeviceError for all errors of the device.
   */
  async run<T>(work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
    await this.#renewing?.catch(() => undefined); // those who wait for it since before report it
    const device = this.#loadedOn!;
    try {
      return await this.#watched(work(false));
    } catch (error) {
      return this.#again(error, device, work, signal);
    }
  }

  /** Throws the error of work on `device`, unless the device was lost and can be replaced: then does the work again, at most twice. */
  async #again<T>(error: unknown, device: GPUDevice, work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
    let explained = await this.#explain(error, device, signal);
    for (const safer of [false, true]) {
      if (!this.#canReplace(device, explained)) throw explained;
      try {
        // Of several works on one device, the first replaces it and the others wait.
        if (this.#stale) this.#renewing ??= this.#renew(safer).finally(() => (this.#renewing = undefined));
        await this.#renewing;
        return await this.#watched(work(safer));
      } catch (again) {
        device = this.#device;
        explained = await this.#explain(again, device, signal);
      }
    }
    throw explained;
  }

  /** explain() for this work. */
  #explain(error: unknown, device: GPUDevice, signal: AbortSignal | undefined): Promise<unknown> {
    return explain(error, device, signal, this.#opening.where);
  }

  /** Whether `error`, which explain() gave for work on `device`, says that it was lost, and another one can be requested. */
  #canReplace(device: GPUDevice, error: unknown): boolean {
    return error instanceof DeviceError && lossOf(device).reason !== undefined && this.#request !== undefined;
  }

  /** `work`, or a DeviceError where it hangs. A device of our own is then destroyed, so that it counts as lost. */
  #watched<T>(work: Promise<T>, onHang?: () => void): Promise<T> {
    const device = this.#device;
    return this.#watchdog.watch(work, () => {
      if (this.#request) device.destroy();
      onHang?.();
    });
  }

  /** Frees the device unless the caller gave it. A device that throws then cannot be freed. */
  free(): void {
    try {
      if (this.#request) this.#device.destroy();
    } catch {
      return;
    }
  }
}
