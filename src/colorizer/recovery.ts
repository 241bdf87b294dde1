/** Keeps a Colorizer working when its device is lost or hangs: loads the networks on a new device and tries again. */
import { DeviceError } from "../base/errors";
import { lossAfterError } from "../gpu/device-loss";
import { explain } from "../gpu/explain";
import { requestDevice } from "../gpu/device";
import { storageOf } from "../gpu/storage";
import type { ConvChoices } from "../graph/lower/conv-choice";
import { PictureStages } from "../image/picture-stages";
import { Networks } from "./networks";
import type { ColorizerOptions } from "./options";
import { modelAddress } from "./shipped-models";
import { choicesFor } from "./tuning";

/** Everything that belongs to one device. */
export interface DeviceParts {
  readonly device: GPUDevice;
  readonly choices: ConvChoices;
  readonly networks: Networks;
  readonly stages: PictureStages;
}

/** Milliseconds without progress after which a GPU counts as lost; a software driver has ten times as many. */
const HANG_TIMEOUT = 60_000;

/** Does `work` on the current device. `smaller`: with half the working size, because the device was lost twice. */
type Work<T> = (smaller: boolean) => Promise<T>;

export class Recovery {
  parts!: DeviceParts;
  readonly #options: ColorizerOptions;
  /** Requests a device; undefined where the caller gave one, which cannot be replaced. */
  readonly #request: (() => Promise<GPUDevice>) | undefined;
  readonly #onRenew: () => void;
  #renewing: Promise<void> | undefined;
  #last = performance.now();
  #ended = false;

  private constructor(options: ColorizerOptions, onRenew: () => void) {
    const { device = requestDevice } = options;
    this.#options = options;
    this.#request = typeof device === "function" ? () => device() : undefined;
    this.#onRenew = onRenew;
  }

  /** Loads the networks. `onRenew` is called whenever `parts` has changed later. */
  static async load(options: ColorizerOptions, onRenew: () => void): Promise<Recovery> {
    const recovery = new Recovery(options, onRenew);
    for (let attempt = 0; ; attempt++) {
      // Requests the device first: without one, the download would be useless.
      const device = (await recovery.#request?.()) ?? (options.device as GPUDevice);
      try {
        recovery.parts = await recovery.#open(device, attempt === 2);
        return recovery;
      } catch (error) {
        const { reason } = await lossAfterError(device);
        if (recovery.#request) device.destroy();
        if (reason === undefined || !recovery.#mayRetry(attempt, options.signal)) throw error;
      }
    }
  }

  async #open(device: GPUDevice, safer: boolean): Promise<DeviceParts> {
    const options = this.#options;
    const precision = safer && (options.precision ?? "auto") !== "f16-weights" ? "f32" : options.precision;
    storageOf(device, precision ?? "auto"); // throws for an unsupported precision before the download
    const choices = choicesFor(device, options.tune);
    choices.measured = (this.parts as DeviceParts | undefined)?.choices.measured ?? choices.measured;
    const model = modelAddress(options.model);
    const networks = await Networks.load({ ...options, device, model, choices, precision });
    return { device, choices, networks, stages: new PictureStages(device, networks.pipelines) };
  }

  #mayRetry(attempt: number, signal: AbortSignal | undefined): boolean {
    return attempt < 2 && this.#request !== undefined && !signal?.aborted && !this.#ended;
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
    for (let attempt = 0; ; attempt++) {
      await this.#renewing;
      const { device } = this.parts;
      try {
        return await this.#watched(work(attempt === 2));
      } catch (error) {
        const { reason } = await lossAfterError(device);
        if (reason === undefined || !this.#mayRetry(attempt, signal)) throw await explain(error, device, signal);
        if (this.parts.device === device) {
          this.#renewing ??= this.#renew(attempt === 1).finally(() => (this.#renewing = undefined));
          await this.#renewing;
        }
      }
    }
  }

  async #renew(safer: boolean): Promise<void> {
    const { device: lost, networks } = this.parts;
    networks.dispose();
    lost.destroy();
    const device = await this.#request!();
    try {
      this.parts = await this.#open(device, safer);
    } catch (error) {
      device.destroy();
      throw error;
    }
    this.#onRenew();
    if (this.#ended) this.dispose();
  }

  /** `work`, or a DeviceError when nothing has gone on for too long. A device of our own is then destroyed, so that it counts as lost. */
  async #watched<T>(work: Promise<T>): Promise<T> {
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
          const hint = "Use a smaller size, close other pages that use the GPU, or update the graphics driver.";
          reject(
            new DeviceError({ where: "colorize", expected: "progress", received: `none in ${limit / 1000} s`, hint }),
          );
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

  /** Frees the networks, and the device unless the caller gave it. */
  dispose(): void {
    this.#ended = true;
    this.parts.networks.dispose();
    if (this.#request) this.parts.device.destroy();
  }
}
