/** Colours photographs: runs the networks and the colour kernels behind one call. */
import type { ColorizeOptions, ColorizePlan, ColorizerOptions, ColorizerProfile } from "./options";
import { ColorizeResult, type ColorizeTimings, type Likely } from "./result";
import { tuneOptions, whenIdle } from "./tuning";
import { InputError } from "../base/errors";
import { describeDevice } from "../gpu/device";
import { callOut } from "../gpu/explain";
import { OnDevice } from "../gpu/on-device";
import type { KeptChroma } from "../image/chroma";
import { openSource, type ColorizeSource, type PixelSource } from "../image/source";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../base/size";
import { withHints } from "./hint-field";
import { checkHints, takesHints } from "./hints";
import { likelyColors } from "./likely-colors";
import { layerOf, type Activations, type LayerOptions } from "./layers";
import type { BoundNetworks, Networks } from "./networks";
import { lookOf, outputOf, shownOf, type Look } from "./look";
import { resultFacts, sizeNotes, startPrediction, type Predicted, type RunOptions } from "./predict";
import { partsFor, type DeviceParts } from "./device-parts";
import { EarlyTime } from "./early";
import { askedSizeOf, smallerSize, workingSizeOf } from "./network-inputs";
import { planOf } from "./plan";
import { StageClock, type ColorizeStage } from "./stage-clock";
import { abortable, anyOf } from "../base/abortable";
import { tune, type TuneOptions, type TuneReport } from "../tuning/tune";
import { ENGINE } from "../session/engine";
import { Turns } from "../base/turns";
import { Watchdog } from "../base/watchdog";
import type { Manifest } from "../weights/model/manifest";

export class Colorizer {
  /** Resolves when all networks are loaded, which with the option `early` is after load(). Throws as load(). */
  readonly complete: Promise<void>;
  #on!: OnDevice<DeviceParts>;
  readonly #watchdog: Watchdog;
  readonly #early = new EarlyTime();
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

  /** Calls `ready` when load() may resolve. */
  private constructor(options: ColorizerOptions, ready: () => void) {
    this.#watchdog = new Watchdog("colorize", options.hangTimeout);
    const setting = tuneOptions(options.tune);
    this.#store = setting.store;
    if (options.tune && setting.milliseconds !== 0) this.#later = () => whenIdle(() => this.tune(setting));
    const onReplaced = (): void => {
      // Work on the lost device may never give its turn back.
      this.#opening = new Turns();
      this.#running = new Turns();
    };
    const earlyEnds = (): Promise<void> => this.#early.wait();
    const onFirstParts = (on: OnDevice<DeviceParts>): void => {
      this.#on = on;
      ready();
    };
    const parts = partsFor(options, this.#watchdog, onReplaced, earlyEnds);
    const signal = anyOf(this.#closing.signal, options.signal);
    this.complete = OnDevice.open(parts, signal, options.early ? onFirstParts : undefined).then((on) => {
      this.#on = on;
      this.#early.over = true;
    });
  }

  /**
   * Downloads and compiles a model. Throws ManifestError, DownloadError, ModelError, UnsupportedError, DeviceError,
   * InputError for wrong options, or the signal's reason, and then frees all GPU memory.
   */
  static async load(options: ColorizerOptions = {}): Promise<Colorizer> {
    options.signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const colorizer: Colorizer = new Colorizer(options, () => resolve(colorizer));
      colorizer.complete.then(() => resolve(colorizer), reject);
    });
  }

  /** Another one after the device was lost. */
  get device(): GPUDevice {
    return this.#on.parts.device;
  }

  get #networks(): Networks {
    return this.#on.parts.networks;
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
    return [...this.#on.notes, ...notes, ...choices.notes];
  }

  /** The adapter's name, for reports. */
  get adapter(): string {
    return describeDevice(this.device);
  }

  /** Sizes and GPU memory for a picture of width x height pixels, without running the networks. Throws InputError for a wrong size. */
  plan(width: number, height: number, options: Pick<ColorizeOptions, "size"> = {}): ColorizePlan {
    const { networks, stages } = this.#on.parts;
    return planOf(networks, stages, { width, height }, options.size);
  }

  /**
   * Colours one picture. Concurrent calls run one after another; each picture is opened and uploaded while the GPU works on
   * the previous one. Throws ImageError for an unreadable picture, InputError for wrong options, DeviceError when the device
   * is lost, out of memory, refuses commands or computes invalid numbers, and the signal's reason (an AbortError) when aborted.
   */
  async colorize(source: ColorizeSource, options: ColorizeOptions = {}): Promise<ColorizeResult> {
    const asked = { look: lookOf(options, this.manifest), hints: checkHints(options.hints ?? []) };
    return this.#early.colorize(source, options, this, (open, how) => this.#picture(open, asked, how));
  }

  #picture(
    open: () => Promise<PixelSource>,
    { look, hints }: Pick<Predicted, "look" | "hints">,
    options: ColorizeOptions,
  ): Promise<ColorizeResult> {
    return this.#track(options.signal, async (smaller) => {
      const opened = await this.#opening.take();
      try {
        this.#check(options.signal);
        const clock = new StageClock(options.signal, (stage) => {
          this.#watchdog.beat();
          callOut(options.onStage, stage);
        });
        const pixels = await open();
        try {
          const result = await this.#run(pixels, look, clock, { ...options, hints, smaller }, opened);
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
    { size, signal, hints, smaller }: RunOptions,
    started?: () => void,
    embedding?: Uint8Array<ArrayBuffer>,
  ): Promise<ColorizeResult> {
    const asked = askedSizeOf(this.manifest, source, size);
    const working = smaller ? workingSizeOf(this.manifest, source, smallerSize(this.manifest, size)) : asked;
    const release = await this.#running.take();
    started?.();
    let bound: BoundNetworks | undefined;
    let chroma: KeptChroma;
    try {
      this.#check(signal);
      bound = await this.#networks.bind(working);
      const prediction = { embedding, hints, onStage: (stage: ColorizeStage) => clock.next(stage) };
      const { reading } = await startPrediction(this.#networks, this.#on.parts.stages, bound, source, prediction);
      release();
      chroma = await reading;
    } catch (error) {
      release();
      if (bound && !signal?.aborted && !(error instanceof InputError)) await this.#drop(bound);
      throw error;
    }
    clock.next("recombine");
    const notes = [...this.notes, ...sizeNotes(asked.size, working.size)];
    const predicted = withHints({ source, chroma, look, hints, size, notes }, this.manifest);
    return this.#recombine(predicted, signal, () => clock.end());
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
    const { source, chroma, look } = predicted;
    const kept = { ...chroma, output: outputOf(look, chroma.output) };
    const data = await this.#on.parts.stages.recombine(source, kept, shownOf(look, this.manifest), signal);
    const likely: Likely = async (place) => likelyColors(chroma, source, place);
    return new ColorizeResult(resultFacts(predicted, data, timings()), likely, async (change, otherSignal) => {
      const other = lookOf({ ...look, ...change }, this.manifest);
      const alike = { ...predicted, look: other };
      const changed = change.hints ? withHints({ ...alike, hints: checkHints(change.hints) }, this.manifest) : alike;
      return this.#track(otherSignal, async (smaller) => {
        this.#check(otherSignal);
        const clock = new StageClock(otherSignal, this.#watchdog.beat);
        const options = { size: change.size ?? predicted.size, signal: otherSignal, hints: changed.hints, smaller };
        // After a loss the networks may store other numbers.
        const embedding = chroma.elem === this.elem ? chroma.embedding : undefined;
        if (change.size !== undefined || (change.hints && takesHints(this.manifest)))
          return this.#run(source, other, clock, options, undefined, embedding);
        clock.next("recombine");
        return this.#recombine(changed, otherSignal, () => clock.end());
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
    const signal = anyOf(this.#closing.signal, options.signal);
    await abortable(this.complete, signal);
    return this.#track(signal, async () => {
      this.#check(options.signal);
      const turn = (): Promise<void> => {
        this.#watchdog.beat();
        return this.#running.ended();
      };
      const { device, choices, networks } = this.#on.parts;
      const target = { device, choices, pipelines: networks.pipelines, engine: ENGINE, turn };
      const report = await tune(target, { store: this.#store, ...options, signal });
      if (report.changed > 0) await this.#alone(signal, () => this.#networks.rebuild());
      return report;
    });
  }

  /** Measures every step of both networks for a picture of this size. Each runs once, on what its inputs hold. Throws as colorize(). */
  async profile(picture: Size, options: Pick<ColorizeOptions, "size"> = {}): Promise<ColorizerProfile> {
    await this.complete;
    const working = askedSizeOf(this.manifest, picture, options.size);
    return this.#track(undefined, () => this.#alone(undefined, () => this.#networks.profile(working)));
  }

  /** What a layer computes for a picture. Throws as colorize(), and InputError for a layer that the networks do not have. */
  async activations(source: ColorizeSource, options: LayerOptions): Promise<Activations> {
    const { signal } = options;
    await abortable(this.complete, signal);
    const pixels = await openSource(source);
    const read = () => layerOf(this.#on.parts, pixels, options);
    return this.#track(signal, () => this.#alone(signal, read)).finally(() => pixels.close());
  }

  /** Does `work` while no picture is predicted. */
  #alone<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.#running.run(() => {
      this.#check(signal);
      return work();
    });
  }

  #check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.#disposed)
      throw new InputError({ where: "colorize", expected: "a live Colorizer", received: "a disposed one" });
  }

  /** Runs `work`; dispose() waits for it. An abort rejects at once, even while `work` waits for its turn. */
  #track<T>(signal: AbortSignal | undefined, work: (smaller: boolean) => Promise<T>): Promise<T> {
    const run = this.#on.run(work, signal);
    const settled = Promise.allSettled([run]);
    this.#pending.add(settled);
    void settled.then(() => this.#pending.delete(settled));
    return abortable(run, signal);
  }

  /** Frees the networks once running work has ended, and the device if this Colorizer requested it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#closing.abort();
    void Promise.allSettled([this.complete, ...this.#pending]).then(() => {
      this.#networks.dispose();
      this.#on.free();
    });
  }
}
