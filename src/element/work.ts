/** The work of one <colorize-canvas>: what is coloured when, what becomes of it, and what a newer change ends. */
import { abortable, anyOf } from "../base/abortable";
import { EngineError, InputError } from "../base/errors";
import type { Colorizer } from "../colorizer/colorizer";
import type { ColorHint } from "../colorizer/hints";
import { ColorizeResult } from "../colorizer/result";
import type { ColorizeStage } from "../colorizer/stage-clock";
import { checkKind, type ColorizeSource } from "../image/source";
import type { LoadProgress } from "../weights/model/progress";
import { checkedOptions, isOfLook, type ColorizeAttributes } from "./attributes";
import { send, type ColorizeState } from "./events";
import type { ColourCanvas } from "./colour-canvas";
import { decodedPicture } from "./draw";
import type { Named, Photograph } from "./photograph";
import { JobProgress, type ColorizeProgress } from "./progress";
import { leave, sharedColorizer } from "./shared-colorizer";
import { nearViewport } from "./viewport";

/** What the element needs of a Colorizer. */
export type ColorizerInUse = Pick<Colorizer, "colorize">;

/** Properties of the element without attributes. */
interface HostProperties {
  readonly colorizer: ColorizerInUse | null;
  readonly hints: readonly ColorHint[];
}

interface Host {
  /** Gets the events. */
  readonly element: ColorizeAttributes & Named & HostProperties;
  readonly photograph: Photograph;
  /** Shows the picture in colour. */
  readonly canvas: ColourCanvas;
  /** Called when another photograph, or none, takes the place of the one before. */
  replaced(): void;
  /** Called when there is something else to show: photograph, picture, state. */
  changed(): void;
  progressed(progress: ColorizeProgress): void;
}

export class Work {
  readonly #host: Host;
  state: ColorizeState = "idle";
  result: ColorizeResult | null = null;
  /** The element's hints that `result` follows; one that the page showed keeps its own until there are newer ones. */
  #hints: readonly ColorHint[] = [];
  /** Whether there is a picture in colour: `result`, or one that show() was given as pixels. */
  coloured = false;
  error: EngineError | null = null;
  /** Settles with the newest change of the look. */
  #looking: Promise<void> = Promise.resolve();
  /** Ends what runs now. */
  #job = new AbortController();
  #running: Promise<ColorizeResult> | undefined;
  /** Whether something changed since the photograph was last coloured or the work stopped. */
  #stale = true;
  /** Whether abort() ended work, so that `result` is of other work or a first picture. */
  #halted = false;
  #newPhotograph = true;
  /** Ends the newest change of the look. */
  #looks = new AbortController();
  #scheduled = false;

  constructor(host: Host) {
    this.#host = host;
  }

  get stale(): boolean {
    return this.#stale;
  }

  /** Whether colorize() has nothing to do. */
  get finished(): boolean {
    return this.state === "ready" && this.result !== null && !this.#stale && !this.#halted;
  }

  /** Colours anew as `loading` says, also the same photograph with other options. Several changes at once start one job. */
  restart(change: { readonly photograph: boolean }): void {
    this.#stale = true;
    this.#newPhotograph ||= change.photograph;
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.#host.element.isConnected && this.#stale) this.#begin();
    });
  }

  /** Takes another photograph at once, whose pixels may not be there later, and restarts. */
  replacePhotograph(): void {
    this.#newPhotograph = true;
    this.#renew();
    if (!this.#host.element.isConnected) this.#setState("idle");
    this.restart({ photograph: false });
  }

  /** As the element's colorize(). */
  colorize(): Promise<ColorizeResult> {
    if (this.finished) return Promise.resolve(this.result!);
    if (this.#stale) this.#renew();
    else if (this.state === "loading" && this.#running) return this.#running;
    return this.#start();
  }

  /** As the element's show(). */
  async show(picture: ColorizeSource): Promise<void> {
    checkKind(picture);
    const { photograph, element, canvas } = this.#host;
    this.#newPhotograph ||= !photograph.isOf(photograph.originOf(element));
    const signal = this.#renew();
    this.#setState(this.coloured ? "ready" : "idle");
    const decoded = decodedPicture(picture);
    try {
      const [pixels] = await Promise.all([abortable(decoded, signal), this.#show(signal)]);
      signal.throwIfAborted();
      this.result = pixels instanceof ColorizeResult ? pixels : null;
      this.#hints = element.hints;
      this.coloured = true;
      await canvas.show(pixels, element.workers);
      signal.throwIfAborted();
    } finally {
      decoded.then((pixels) => "close" in pixels && pixels.close(), ignore);
    }
    this.#setState("ready");
    this.#host.changed();
  }

  /** The coloured picture with the newest saturation and warmth. */
  async newest(): Promise<ColorizeResult | null> {
    let awaited;
    do await (awaited = this.#looking);
    while (awaited !== this.#looking);
    return this.result;
  }

  /** As the element's abort(). */
  abort(): void {
    this.#halted ||= this.state === "loading";
    this.#job.abort();
    this.#job = new AbortController();
    this.#stale = false;
    if (this.state !== "error") this.#setState(this.coloured ? "ready" : "idle");
  }

  /** Stops what runs and frees the result. Both are done again when the element returns to the page. */
  suspend(): void {
    const again = this.#stale || this.state === "loading" || this.coloured;
    this.#drop();
    this.abort();
    this.#stale = again;
    leave(this.#host.element);
    if (this.state === "ready") this.#setState("idle");
  }

  /** Ends the current job and takes what is named as the photograph now. Returns the signal of the next job. */
  #renew(): AbortSignal {
    this.#job.abort();
    this.#job = new AbortController();
    this.#stale = this.#halted = false;
    if (this.#newPhotograph) {
      this.#newPhotograph = false;
      this.#drop();
      const { photograph, element } = this.#host;
      photograph.change(photograph.originOf(element));
      this.#host.replaced();
      this.#host.changed();
    }
    return this.#job.signal;
  }

  #begin(): void {
    const { element, photograph } = this.#host;
    const signal = this.#renew();
    const { loading } = element;
    if (photograph.origin && loading === "eager") return void this.#start();
    this.#setState(this.coloured ? "ready" : "idle");
    if (!photograph.origin) return;
    this.#stale = true; // still to be coloured
    if (loading === "lazy") nearViewport(element, signal).then(() => void this.#start(), ignore);
    else this.#show(signal).catch((error: unknown) => signal.aborted || this.#fail(error));
  }

  async #show(signal: AbortSignal): Promise<ColorizeSource> {
    try {
      return await abortable(this.#host.photograph.load(), signal);
    } finally {
      if (!signal.aborted) this.#host.changed();
    }
  }

  #start(): Promise<ColorizeResult> {
    this.#job.abort();
    const { signal } = (this.#job = new AbortController());
    this.#stale = this.#halted = false;
    const running = Promise.resolve().then(() => this.#colorize(signal));
    running.catch(ignore); // reported by the event
    this.#running = running;
    this.#setState("loading");
    return running;
  }

  async #colorize(signal: AbortSignal): Promise<ColorizeResult> {
    signal.throwIfAborted();
    const { element, progressed, changed } = this.#host;
    const { model, preset, precision, fallback } = element;
    const progress = new JobProgress(`${model} ${preset} ${precision} ${fallback}`, (now) => {
      if (signal.aborted) return;
      progressed(now);
      send(element, "progress", now);
    });
    const original = this.#show(signal);
    try {
      checkedOptions(element); // throws for wrong attributes before the model is downloaded
      const onProgress = (now: LoadProgress): void => progress.load(now);
      const load = (): Promise<ColorizerInUse> => sharedColorizer(element, { user: element, onProgress, signal });
      const [colorizer, source] = await Promise.all([element.colorizer ?? load(), original]);
      const onStage = (stage: ColorizeStage): void => progress.colorize(stage);
      const onEarly = (result: ColorizeResult): void => {
        if (signal.aborted) return;
        void this.#take(result);
        changed();
        send(element, "preview", result);
      };
      const { hints } = element;
      const result = await colorizer.colorize(source, { ...checkedOptions(element), hints, signal, onStage, onEarly });
      this.#hints = hints;
      progress.end();
      signal.throwIfAborted();
      await this.#take(result);
      signal.throwIfAborted();
      this.#setState("ready");
      send(element, "load", result);
      this.changeLook();
      return result;
    } catch (error) {
      await original.catch(ignore); // the photograph stays visible if only the colour failed
      if (signal.aborted) throw signal.reason;
      throw this.#fail(error);
    }
  }

  /** Applies the newest saturation, warmth and hints to the result, and ends an earlier change. After an error of these, colours anew. */
  changeLook(): void {
    if (this.error && isOfLook(this.error)) return this.restart({ photograph: false });
    if (this.state === "ready" && this.result) this.#looking = this.#change(this.result);
  }

  async #change(result: ColorizeResult): Promise<void> {
    const { saturation, warmth, hints } = this.#host.element;
    const changed = hints === this.#hints ? {} : { hints };
    this.#looks.abort();
    this.#looks = new AbortController();
    const signal = anyOf(this.#looks.signal, this.#job.signal); // of the job now: a newer one is no error of this change
    if (saturation === result.saturation && warmth === result.warmth && !changed.hints) return;
    try {
      checkedOptions(this.#host.element);
      const other = await result.with({ saturation, warmth, ...changed }, { signal });
      signal.throwIfAborted();
      this.#hints = hints;
      await this.#take(other);
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Resolves when the picture is drawn. */
  #take(result: ColorizeResult): Promise<void> {
    this.result = result;
    this.coloured = true;
    return this.#host.canvas.show(result, this.#host.element.workers);
  }

  /** There is no picture in colour any more. */
  #drop(): void {
    this.result = null;
    this.coloured = false;
  }

  #fail(cause: unknown): EngineError {
    const where = this.#host.element.localName;
    this.error =
      cause instanceof EngineError
        ? cause
        : new InputError({ where, expected: "a coloured photograph", received: String(cause), cause });
    this.#drop();
    this.#setState("error");
    send(this.#host.element, "error", this.error);
    return this.error;
  }

  #setState(state: ColorizeState): void {
    if (state === this.state) return;
    this.state = state;
    if (state !== "error") this.error = null;
    this.#host.changed();
    send(this.#host.element, "statechange", state);
  }
}

function ignore(): void {}
