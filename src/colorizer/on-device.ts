/** The networks of a Colorizer on their device. A device that hangs counts as lost; recovery.ts replaces a lost one. */
import { DeviceError } from "../base/errors";
import { lossAfterError, lossOf } from "../gpu/device-loss";
import { explain, LIGHTEN } from "../gpu/explain";
import { requestDevice } from "../gpu/device";
import { storageOf } from "../gpu/storage";
import type { ConvChoices } from "../graph/lower/conv-choice";
import { PictureStages } from "../image/picture-stages";
import { Networks } from "./networks";
import type { ColorizerOptions } from "./options";
import { doAgain } from "./recovery";
import { modelAddress } from "./shipped-models";
import { choicesFor } from "./tuning";

/** Everything that belongs to one device. */
interface DeviceParts {
  readonly device: GPUDevice;
  readonly choices: ConvChoices;
  readonly networks: Networks;
  readonly stages: PictureStages;
}

/** Milliseconds without progress after which a GPU counts as lost; a software driver has ten times as many. */
const HANG_TIMEOUT = 60_000;

/** Work on the current device. `smaller`: with half the working size, because the device was lost twice. */
type Work<T> = (smaller: boolean) => Promise<T>;

export class OnDevice {
  /** Of the last device on which the networks were loaded. */
  parts!: DeviceParts;
  /** The last device that was requested. */
  device!: GPUDevice;
  renewing: Promise<void> | undefined;
  readonly #options: ColorizerOptions;
  /** Requests a device; undefined where the caller gave one, which cannot be replaced. */
  readonly #request: (() => Promise<GPUDevice>) | undefined;
  /** Called when `parts` are those of another device. */
  readonly #onRenew: () => void;
  #last = performance.now();

  private constructor(options: ColorizerOptions, onRenew: () => void) {
    const { device = requestDevice } = options;
    this.#options = options;
    this.#request = typeof device === "function" ? () => device() : undefined;
    this.#onRenew = onRenew;
  }

  /** Requests a device first: without one, the download would be useless. */
  static async load(options: ColorizerOptions, onRenew: () => void): Promise<OnDevice> {
    const on = new OnDevice(options, onRenew);
    await on.#requested();
    try {
      await on.#open(options.precision);
    } catch (error) {
      const { reason } = await lossAfterError(on.device);
      if (reason === undefined) {
        on.free();
        throw error;
      }
      await on.#again(error, on.device, async () => undefined, options.signal);
    }
    return on;
  }

  async #requested(): Promise<void> {
    this.device = (await this.#request?.()) ?? (this.#options.device as GPUDevice);
  }

  async #open(precision: ColorizerOptions["precision"] = "auto"): Promise<void> {
    const [device, options] = [this.device, this.#options];
    storageOf(device, precision); // throws for an unsupported precision before the download
    const choices = choicesFor(device, options.tune);
    choices.measured = (this.parts as DeviceParts | undefined)?.choices.measured ?? choices.measured;
    // With a reader, the address is used in messages only.
    const model = (options.read && options.model) || modelAddress(options.model);
    const networks = await Networks.load({ ...options, device, model, choices, precision });
    this.parts = { device, choices, networks, stages: new PictureStages(device, networks.pipelines) };
  }

  /** Loads the networks on a new device. `safer`: in f32, unless f16 is stored to save memory. */
  async renew(safer: boolean): Promise<void> {
    const before = this.parts as DeviceParts | undefined;
    this.free();
    await this.#requested();
    const { precision } = this.#options;
    await this.#open(safer && precision !== "f16-weights" ? "f32" : precision);
    before?.networks.dispose();
    this.#onRenew();
  }

  /** Says that work goes on. */
  progress(): void {
    this.#last = performance.now();
  }

  /**
   * Does `work`. When the device is lost meanwhile, does it again on a new device, then once more in f32 and with a smaller working size.
   * Throws what `work` throws, and DeviceError for all errors of the device.
   */
  async run<T>(work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
    await this.renewing?.catch(() => undefined); // those who wait for it since before report it
    const { device } = this.parts;
    try {
      return await this.watched(work(false));
    } catch (error) {
      return this.#again(error, device, work, signal);
    }
  }

  /** Throws the error of work on `device`, unless the device was lost and can be replaced: then does the work again. */
  async #again<T>(error: unknown, device: GPUDevice, work: Work<T>, signal: AbortSignal | undefined): Promise<T> {
    const explained = await explain(error, device, signal);
    if (!this.canReplace(device, explained)) throw explained;
    return doAgain(this, device, work, signal);
  }

  /** Whether `error`, which explain() gave for work on `device`, says that it was lost, and another one can be requested. */
  canReplace(device: GPUDevice, error: unknown): boolean {
    return error instanceof DeviceError && lossOf(device).reason !== undefined && this.#request !== undefined;
  }

  /** `work`, or a DeviceError when nothing has gone on for too long. A device of our own is then destroyed, so that it counts as lost. */
  async watched<T>(work: Promise<T>): Promise<T> {
    const { device, choices } = this.parts;
    const { hangTimeout = HANG_TIMEOUT } = this.#options;
    const limit = hangTimeout * (choices.kind === "cpu" ? 10 : 1);
    this.progress();
    let timer: ReturnType<typeof setInterval> | undefined;
    const hang = new Promise<never>((_, reject) => {
      timer = setInterval(
        () => {
          if (performance.now() - this.#last < limit) return;
          if (this.#request) device.destroy();
          const received = `none in ${limit / 1000} s`;
          reject(new DeviceError({ where: "colorize", expected: "progress", received, hint: LIGHTEN }));
        },
        Math.min(1000, limit / 4),
      );
    });
    try {
      return await Promise.race([work, hang]);
    } finally {
      clearInterval(timer);
    }
  }

  /** Frees the device unless the caller gave it. */
  free(): void {
    if (this.#request) this.device.destroy();
  }
}
