/** Photographs in colour: both networks and the colour kernels behind one call. */
import { ColorizeResult, type ColorizeTimings } from "./colorize-result";
import { DeviceError, EngineError, InputError } from "./errors";
import { describeDevice, requestDevice } from "./gpu-device";
import type { Precision } from "./graph/session";
import { readChroma } from "./image/chroma";
import { workingSize, type WorkingSize } from "./image/layout";
import { PictureStages, type Chroma } from "./image/picture-stages";
import { openSource, type ColorizeSource, type PixelSource } from "./image/source";
import type { Elem } from "./kernels/kernel";
import type { Size } from "./kernels/tile";
import { Networks, type LoadProgress } from "./networks";
import { abortable, StageClock, type ColorizeStage } from "./stage-clock";
import type { Manifest } from "./weights/manifest";
import type { ModelReader } from "./weights/model-files";

export interface ColorizerOptions {
  /** URL of a model folder or of its model.json. Default: models/inception-table of this package. */
  readonly model?: string | URL;
  /** Default: a new device of this browser, which dispose() then frees. */
  readonly device?: GPUDevice;
  readonly precision?: Precision;
  readonly onProgress?: (progress: LoadProgress) => void;
  readonly signal?: AbortSignal;
  /** Reads the model's files where fetch cannot, for example from a folder. */
  readonly read?: ModelReader;
}

export interface ColorizeOptions {
  /** Side in pixels of a square with as many pixels as the network's picture. Default: the model's. */
  readonly size?: number;
  /** Factor on the predicted chroma: 1 (default) as predicted, 0 grey. */
  readonly saturation?: number;
  readonly signal?: AbortSignal;
  /** Called as each stage starts. */
  readonly onStage?: (stage: ColorizeStage) => void;
}

/** What colouring a picture of some size will need, known without running. */
export interface ColorizePlan {
  /** The picture as the network sees it, and with padding. */
  readonly workingSize: Size;
  readonly paddedSize: Size;
  /** GPU memory in bytes: weights + activations of both networks + the picture's part. */
  readonly peakBytes: number;
  readonly weightBytes: number;
  readonly activationBytes: number;
  readonly pictureBytes: number;
  /** Floating-point operations of both networks. */
  readonly flops: number;
}

// Not a literal inside new URL(): bundlers would copy or inline model.json without the files beside it.
const DEFAULT_MODEL = "../models/inception-table/model.json";

export class Colorizer {
  readonly device: GPUDevice;
  readonly #networks: Networks;
  readonly #stages: PictureStages;
  readonly #ownsDevice: boolean;
  #queue: Promise<unknown> = Promise.resolve();
  #disposed = false;

  private constructor(networks: Networks, device: GPUDevice, ownsDevice: boolean) {
    this.device = device;
    this.#networks = networks;
    this.#stages = new PictureStages(device, networks.pipelines);
    this.#ownsDevice = ownsDevice;
  }

  /**
   * Downloads and prepares a model. Throws ManifestError, DownloadError, ModelError, UnsupportedError or DeviceError,
   * or the signal's reason; nothing stays on the GPU then.
   */
  static async load(options: ColorizerOptions = {}): Promise<Colorizer> {
    options.signal?.throwIfAborted();
    // First the device: without one there is no point in downloading.
    const device = options.device ?? (await requestDevice());
    try {
      const model = options.model ?? new URL(/* @vite-ignore */ DEFAULT_MODEL, import.meta.url);
      const networks = await Networks.load({ ...options, device, model });
      return new Colorizer(networks, device, !options.device);
    } catch (error) {
      if (!options.device) device.destroy();
      throw error;
    }
  }

  get manifest(): Manifest {
    return this.#networks.manifest;
  }

  /** Storage type of activations and weights. */
  get elem(): Elem {
    return this.#networks.elem;
  }

  /** The adapter's name, for reports. */
  get adapter(): string {
    return describeDevice(this.device);
  }

  /** Sizes and GPU memory for a picture of this size, without running anything. Throws InputError for a bad size. */
  plan(width: number, height: number, options: Pick<ColorizeOptions, "size"> = {}): ColorizePlan {
    const working = this.#workingSize({ width, height }, options.size);
    const { embedder, colorizer } = this.#networks.plan(working);
    const targets = [{ size: working.size }, { size: this.#networks.embedderSize }];
    const weightBytes = embedder.weightBytes + colorizer.weightBytes;
    const activationBytes = embedder.activationBytes + colorizer.activationBytes;
    const map = this.#networks.chromaSize(colorizer);
    const pictureBytes = this.#stages.peakBytes({ width, height }, targets, map, this.elem);
    return {
      workingSize: working.size,
      paddedSize: working.padded,
      peakBytes: weightBytes + activationBytes + pictureBytes,
      weightBytes,
      activationBytes,
      pictureBytes,
      flops: embedder.flops + colorizer.flops,
    };
  }

  /**
   * Colours one picture; calls queue up. Throws ImageError for a picture that cannot be read, InputError for wrong
   * options, DeviceError when the device is lost, short of memory or computes nonsense, and the signal's reason
   * (an AbortError) when aborted.
   */
  async colorize(source: ColorizeSource, options: ColorizeOptions = {}): Promise<ColorizeResult> {
    const saturation = checkSaturation(options.saturation ?? 1);
    return this.#enqueue(options.signal, async () => {
      const clock = new StageClock(options.signal, options.onStage);
      const pixels = await openSource(source);
      try {
        return await this.#run(pixels, saturation, clock, options);
      } catch (error) {
        pixels.close();
        throw error;
      }
    });
  }

  async #run(
    source: PixelSource,
    saturation: number,
    clock: StageClock,
    { size, signal }: ColorizeOptions,
  ): Promise<ColorizeResult> {
    const working = this.#workingSize(source, size);
    const bound = await this.#networks.bind(working);
    clock.next("luminance");
    await this.#stages.luminance(source, this.#networks.targets(bound));
    clock.next("embedding");
    await this.#networks.embed(bound);
    clock.next("chroma");
    const { buffer, map } = this.#networks.predict(bound);
    const chroma = await readChroma(this.device, buffer, this.elem, working, map);
    clock.next("recombine");
    return this.#recombine(source, chroma, saturation, signal, () => clock.end());
  }

  /** The last stage, also for another saturation of a picture already predicted. */
  async #recombine(
    source: PixelSource,
    chroma: Chroma,
    saturation: number,
    signal: AbortSignal | undefined,
    timings: () => ColorizeTimings,
  ): Promise<ColorizeResult> {
    const { chromaScale, saturation: preset } = this.manifest.colorizer;
    const data = await this.#stages.recombine(source, chroma, chromaScale * preset * saturation, signal);
    const { width, height } = source;
    const facts = { width, height, data, workingSize: chroma.size, saturation, timings: timings() };
    return new ColorizeResult(facts, async (other, otherSignal) => {
      checkSaturation(other);
      return this.#enqueue(otherSignal, () => {
        const clock = new StageClock(otherSignal);
        clock.next("recombine");
        return this.#recombine(source, chroma, other, otherSignal, () => clock.end());
      });
    });
  }

  /** Runs `work` after what was asked for before. An abort rejects at once, also while waiting. */
  #enqueue<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(async () => {
      signal?.throwIfAborted();
      if (this.#disposed)
        throw new InputError({ where: "colorize", expected: "a live Colorizer", received: "a disposed one" });
      try {
        return await work();
      } catch (error) {
        throw await explain(error, this.device, signal);
      }
    });
    this.#queue = run.catch(() => undefined);
    return abortable(run, signal);
  }

  #workingSize(picture: Size, size = this.manifest.colorizer.size): WorkingSize {
    for (const n of [picture.width, picture.height])
      if (!Number.isInteger(n) || n < 1)
        throw new InputError({ where: "picture", expected: "whole sizes of at least 1", received: `${n}` });
    return workingSize(picture, size, this.manifest.colorizer.multiple);
  }

  /** Frees the networks once running work has ended, and the device if this Colorizer made it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    void this.#queue.then(() => {
      this.#networks.dispose();
      if (this.#ownsDevice) this.device.destroy();
    });
  }
}

function checkSaturation(saturation: number): number {
  if (Number.isFinite(saturation) && saturation >= 0) return saturation;
  throw new InputError({ where: "saturation", expected: "a number of at least 0", received: `${saturation}` });
}

/** A lost device shows as all kinds of errors; its own words are the useful ones. */
async function explain(error: unknown, device: GPUDevice, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal?.aborted || error instanceof InputError) return error;
  const lost = await Promise.race([device.lost, new Promise<undefined>((resolve) => setTimeout(resolve, 50))]);
  if (lost)
    return new DeviceError({
      where: "colorize",
      expected: "a working device",
      received: `a lost one (${lost.message || lost.reason})`,
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
