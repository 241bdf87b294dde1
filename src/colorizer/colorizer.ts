/** Colours photographs: runs the networks and the colour kernels behind one call. */
import type { ColorizeOptions, ColorizePlan, ColorizerOptions, ColorizerProfile } from "./options";
import { ColorizeResult, type ColorizeTimings } from "./result";
import { tuneOptions, whenIdle } from "./tuning";
import { InputError } from "../base/errors";
import { describeDevice } from "../gpu/device";
import { callOut } from "../gpu/explain";
import { OnDevice } from "../gpu/on-device";
import { outputChannels, type KeptChroma } from "../image/chroma";
import type { WorkingSize } from "../image/layout";
import type { PictureStages } from "../image/picture-stages";
import { openSource, type ColorizeSource, type PixelSource } from "../image/source";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../kernels/picture/tile";
import type { BoundNetworks, Networks } from "./networks";
import { checkNumber, SIZE } from "../base/option-checks";
import { lookOf, outputOf, shownOf, type Look } from "./look";
import { sizeNotes, startPrediction, type Predicted } from "./predict";
import { partsFor, type DeviceParts } from "./device-parts";
import { StageClock, type ColorizeStage } from "./stage-clock";
import { abortable } from "../base/abortable";
import { tune, type TuneOptions, type TuneReport } from "../tuning/tune";
import { Turns } from "../base/turns";
import { Watchdog } from "../base/watchdog";
import type { Manifest } from "../weights/model/manifest";
import { ENGINE } from "../session/engine";

export class Colorizer {
  #on!: OnDevice<DeviceParts>;
  readonly #watchdog: Watchdog;
  /** The next picture is opened while the networks run the current one, so that the GPU need not wait. */
  #opening = new Turns();
  /** The networks' buffers hold one picture. */
  #running = new Turns();
  readonly #pending = new Set<Promise<unknown>>();
  /** Starts tuning; called after the first picture. */
  #later: (() => void) | undefined;
  readonly #store: TuneOptions["store"];
  readonly #closing = new AbortController();
  #disposed = false;

  private constructor(options: ColorizerOptions) {
    this.#watchdog = new Watchdog("colorize", options.hangTimeout);
    const setting = tuneOptions(options.tune);
    this.#store = setting.store;
    if (options.tune && setting.milliseconds !== 0) this.#later = () => whenIdle(() => this.tune(setting));
  }

  /**
   * Downloads and compiles a model. Throws ManifestError, DownloadError, ModelError, UnsupportedError, DeviceError,
   * InputError for wrong options, or the signal's reason, and then frees all GPU memory.
   */
  static async load(options: ColorizerOptions = {}): Promise<Colorizer> {
    options.signal?.throwIfAborted();
    const colorizer = new Colorizer(options);
    const parts = partsFor(options, colorizer.#watchdog, () => {
      // Work on the lost device may never give its turn back.
      colorizer.#opening = new Turns();
      colorizer.#running = new Turns();
    });
    colorizer.#on = await OnDevice.open(parts, options.signal);
    return colorizer;
  }

  /** Another one after the device was lost. */
  get device(): GPUDevice {
    return this.#on.parts.device;
  }

  get #networks(): Networks {
    return this.#on.parts.networks;
  }

  get #stages(): PictureStages {
    return this.#on.parts.stages;
  }

  get manifest(): Manifest {
    return this.#networks.manifest;
  }

  /** Storage type of activations and weights. */
  get elem(): Elem {
    return this.#networks.elem;
  }

  /** What users of all results should know. */
  get notes(): readonly string[] {
    const { notes, choices } = this.#on.parts;
    return [...(this.#on.safer ? ["the device was lost twice: computed in f32"] : []), ...notes, ...choices.notes];
  }

  /** The adapter's name, for reports. */
  get adapter(): string {
    return describeDevice(this.device);
  }

  /** Sizes and GPU memory for a picture of width x height pixels, without running the networks. Throws InputError for a wrong size. */
  plan(width: number, height: number, options: Pick<ColorizeOptions, "size"> = {}): ColorizePlan {
    const working = this.#workingSize({ width, height }, options.size);
    const { embedder, colorizer } = this.#networks.plan(working);
    const targets = this.#networks.targetSizes(working).map((size) => ({ size }));
    const weightBytes = (embedder?.weightBytes ?? 0) + colorizer.weightBytes;
    const activationBytes = (embedder?.activationBytes ?? 0) + colorizer.activationBytes;
    const map = this.#networks.outputSize(colorizer);
    const stored = { channels: outputChannels(this.manifest.colorizer.output), elem: this.elem };
    const pictureBytes = this.#stages.peakBytes({ width, height }, targets, map, stored);
    return {
      workingSize: working.size,
      paddedSize: working.padded,
      peakBytes: weightBytes + activationBytes + pictureBytes,
      weightBytes,
      activationBytes,
      pictureBytes,
      flops: (embedder?.flops ?? 0) + colorizer.flops,
    };
  }

  /**
   * Colours one picture. Concurrent calls run one after another; each picture is opened and uploaded while the GPU works on
   * the previous one. Throws ImageError for an unreadable picture, InputError for wrong options, DeviceError when the device
   * is lost, out of memory, refuses commands or computes invalid numbers, and the signal's reason (an AbortError) when aborted.
   */
  async colorize(source: ColorizeSource, options: ColorizeOptions = {}): Promise<ColorizeResult> {
    const look = lookOf(options, this.manifest);
    if (options.size !== undefined) checkNumber(SIZE, options.size);
    return this.#track(options.signal, async (smaller) => {
      const opened = await this.#opening.take();
      try {
        this.#check(options.signal);
        const clock = new StageClock(options.signal, (stage) => {
          this.#watchdog.beat();
          callOut(options.onStage, stage);
        });
        const pixels = await openSource(source);
        try {
          const result = await this.#run(pixels, look, clock, { ...options, smaller }, opened);
          this.#later?.();
          this.#later = undefined;
          return result;
        } catch (error) {
          pixels.close();
          throw error;
        }
      } finally {
        opened();
      }
    });
  }

  /** Calls `started` when the picture's turn begins. With `embedding`, only the colorizer network runs. */
  async #run(
    source: PixelSource,
    look: Look,
    clock: StageClock,
    { size, signal, smaller }: ColorizeOptions & { readonly smaller: boolean },
    started?: () => void,
    embedding?: Uint8Array<ArrayBuffer>,
  ): Promise<ColorizeResult> {
    const working = this.#workingSize(source, smaller ? this.#smaller(size) : size);
    const release = await this.#running.take();
    started?.();
    let bound: BoundNetworks | undefined;
    let chroma: KeptChroma;
    try {
      this.#check(signal);
      bound = await this.#networks.bind(working);
      const onStage = (stage: ColorizeStage): void => clock.next(stage);
      const { reading } = await startPrediction(this.#networks, this.#stages, bound, source, { embedding, onStage });
      release();
      chroma = await reading;
    } catch (error) {
      release();
      if (bound && !signal?.aborted && !(error instanceof InputError)) await this.#drop(bound);
      throw error;
    }
    clock.next("recombine");
    const notes = [...this.notes, ...sizeNotes(this.#workingSize(source, size).size, working.size)];
    return this.#recombine({ source, chroma, look, notes }, signal, () => clock.end());
  }

  /** Drops networks that failed, so that the next picture binds new ones. Waits for a picture that already uses them. */
  async #drop(bound: BoundNetworks): Promise<void> {
    await this.#networks.forget(bound);
    await this.#running.ended();
    for (const program of [bound.embedder, bound.colorizer]) program?.destroy();
  }

  /** Runs the last stage, for a new picture or for another look of a predicted one. */
  async #recombine(
    predicted: Predicted,
    signal: AbortSignal | undefined,
    timings: () => ColorizeTimings,
  ): Promise<ColorizeResult> {
    const { source, chroma, look, notes } = predicted;
    const output = outputOf(look, chroma.output);
    const data = await this.#stages.recombine(source, { ...chroma, output }, shownOf(look, this.manifest), signal);
    const { width, height } = source;
    const { saturation, warmth } = look;
    const facts = { width, height, data, workingSize: chroma.size, saturation, warmth, notes, timings: timings() };
    return new ColorizeResult(facts, async (change, otherSignal) => {
      const other = lookOf({ ...look, ...change }, this.manifest);
      return this.#track(otherSignal, async (smaller) => {
        this.#check(otherSignal);
        const clock = new StageClock(otherSignal, this.#watchdog.beat);
        const options = { size: change.size, signal: otherSignal, smaller };
        // After a loss the networks may store other numbers.
        const embedding = chroma.elem === this.elem ? chroma.embedding : undefined;
        if (change.size !== undefined) return this.#run(source, other, clock, options, undefined, embedding);
        clock.next("recombine");
        return this.#recombine({ ...predicted, look: other }, otherSignal, () => clock.end());
      });
    });
  }

  /**
   * Times the algorithms for each convolution of the networks compiled so far, and uses the fastest from then on. Results
   * change by rounding only. Pictures have priority: a call of colorize() waits for at most one measurement, or for the
   * networks to be compiled again. Throws InputError for wrong options and the signal's reason when aborted; earlier
   * measurements stay stored.
   */
  async tune(options: TuneOptions = {}): Promise<TuneReport> {
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal ? [options.signal] : [])]);
    return this.#track(signal, async () => {
      this.#check(options.signal);
      const turn = (): Promise<void> => {
        this.#watchdog.beat();
        return this.#running.ended();
      };
      const { device, choices, networks } = this.#on.parts;
      const target = { device, pipelines: networks.pipelines, choices, engine: ENGINE, turn };
      const report = await tune(target, { store: this.#store, ...options, signal });
      await this.#running.run(async () => {
        this.#check(signal);
        if (report.changed > 0) await this.#networks.rebuild();
      });
      return report;
    });
  }

  /**
   * Measures every step of both networks for a picture of this size. Each network runs once, on the current contents of its
   * input buffers. Throws as colorize().
   */
  async profile(picture: Size, options: Pick<ColorizeOptions, "size"> = {}): Promise<ColorizerProfile> {
    const working = this.#workingSize(picture, options.size);
    return this.#track(undefined, () =>
      this.#running.run(async () => {
        this.#check(undefined);
        return this.#networks.profile(working);
      }),
    );
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#disposed)
      throw new InputError({ where: "colorize", expected: "a live Colorizer", received: "a disposed one" });
  }

  /** Runs `work`; dispose() waits for it. An abort rejects at once, even while `work` waits for its turn. */
  #track<T>(signal: AbortSignal | undefined, work: (smaller: boolean) => Promise<T>): Promise<T> {
    const run = this.#on.run(work, signal);
    const settled = run.then(
      () => undefined,
      () => undefined,
    );
    this.#pending.add(settled);
    void settled.then(() => this.#pending.delete(settled));
    return abortable(run, signal);
  }

  /** Half of a working size where it is large enough, for a device that was lost twice. */
  #smaller(size: number | undefined): number | undefined {
    const { multiple, pixels } = this.manifest.colorizer.size;
    const half = Math.ceil((size ?? pixels) / 2 / multiple) * multiple;
    return half < SIZE.least ? size : half;
  }

  #workingSize(picture: Size, size?: number): WorkingSize {
    for (const n of [picture.width, picture.height])
      if (!Number.isInteger(n) || n < 1)
        throw new InputError({ where: "picture", expected: "whole sizes of at least 1 pixel", received: `${n}` });
    if (size !== undefined) checkNumber(SIZE, size);
    return this.#networks.workingSize(picture, size);
  }

  /** Frees the networks once running work has ended, and the device if this Colorizer requested it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#closing.abort();
    void Promise.all(this.#pending).then(() => {
      this.#networks.dispose();
      this.#on.free();
    });
  }
}
