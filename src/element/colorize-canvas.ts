/** The <colorize-canvas> element, as a class only; element.ts defines it. */
import { version } from "../../package.json";
import type { ColorizeResult } from "../colorizer/result";
import {
  buildParts,
  progressDone,
  progressText,
  showProgress,
  type ColorizeProgress,
  type ElementParts,
} from "./parts";
import { loadOriginal } from "./picture";
import type { LoadProgress } from "../weights/model/progress";
import { EngineError, InputError } from "../base/errors";
import { checkNumber, factorOf, SATURATION, SIZE } from "../base/option-checks";
import { leave, sharedColorizer } from "./shared-colorizer";

export type ColorizeState = "idle" | "loading" | "ready" | "error";

export interface ColorizeCanvasEventMap {
  load: CustomEvent<ColorizeResult>;
  error: CustomEvent<EngineError>;
  progress: CustomEvent<ColorizeProgress>;
}

/** Where there is no DOM (server-side rendering) the module still loads. */
const Base: typeof HTMLElement = globalThis.HTMLElement ?? (class {} as unknown as typeof HTMLElement);

const STAGES = ["prepare", "luminance", "embedding", "chroma", "recombine"];

/**
 * Shows a photograph in grey, then in colour.
 *
 * @element colorize-canvas
 * @attr {string} src - Address of the photograph. Other sites must allow it by CORS.
 * @attr {string} alt - Text for screen readers; empty for a decorative photograph.
 * @attr {number} saturation - Factor on the predicted colour, 0 to 4 or 0% to 400%: 1 (default) as predicted, 0 grey.
 * @attr {number} size - Working size in pixels, 32 to 1024: side of a square with as many pixels as the network sees.
 * @attr {string} model - Name of a model of this package, inception-table (default) or natural; or address of a model folder or its model.json.
 * @fires load - The picture is coloured; detail: ColorizeResult.
 * @fires error - Colouring failed; detail: EngineError.
 * @fires progress - Detail: { stage, loaded, total }.
 * @slot - Fallback content for browsers without scripts; otherwise it is not shown.
 * @csspart frame - Around picture and progress.
 * @csspart original - The <img> of the original.
 * @csspart canvas - The <canvas> of the coloured picture.
 * @csspart status - The progress bar with its text.
 * @csspart error - The error message.
 * @cssprop --colorize-canvas-accent - Colour of the progress bar.
 * @cssprop --colorize-canvas-backdrop - Background of the progress text.
 * @cssprop --colorize-canvas-text - Colour of texts.
 * @cssprop --colorize-canvas-error - Background of the error message.
 */
export class ColorizeCanvas extends Base {
  static readonly observedAttributes = ["src", "alt", "saturation", "size", "model"];
  /** The package's version. */
  static readonly version: string = version;

  readonly #parts: ElementParts;
  #job: AbortController | undefined;
  #scheduled = false;
  /** Whether the attributes changed since the current job started. */
  #stale = true;
  #state: ColorizeState = "idle";
  #result: ColorizeResult | null = null;
  #error: EngineError | null = null;

  constructor() {
    super();
    this.#parts = buildParts(this.attachShadow({ mode: "open" }));
  }

  get src(): string {
    return this.getAttribute("src") ?? "";
  }
  set src(value: string) {
    this.#reflect("src", value);
  }

  get alt(): string {
    return this.getAttribute("alt") ?? "";
  }
  set alt(value: string) {
    this.#reflect("alt", value);
  }

  /** Default 1. NaN for text that is not a number, which fires `error` when colouring starts. */
  get saturation(): number {
    return factorOf(this.getAttribute("saturation") ?? "1");
  }
  set saturation(value: number) {
    this.#reflect("saturation", value);
  }

  /** Working size in pixels; undefined (default): the model's. Wrong values behave as for saturation. */
  get size(): number | undefined {
    return this.hasAttribute("size") ? Number(this.getAttribute("size")) : undefined;
  }
  set size(value: number | undefined) {
    this.#reflect("size", value);
  }

  get model(): string {
    return this.getAttribute("model") ?? "";
  }
  set model(value: string) {
    this.#reflect("model", value);
  }

  /** Frameworks set undefined or null for what a template leaves out. */
  #reflect(name: string, value: unknown): void {
    if (value == null) this.removeAttribute(name);
    else this.setAttribute(name, String(value));
  }

  get state(): ColorizeState {
    return this.#state;
  }

  /** The coloured picture in state "ready", for downloads. */
  get result(): ColorizeResult | null {
    return this.#result;
  }

  /** The error in state "error". */
  get error(): EngineError | null {
    return this.#error;
  }

  connectedCallback(): void {
    for (const name of ColorizeCanvas.observedAttributes) upgradeProperty(this, name);
    if (this.#stale || this.#state === "idle" || this.#state === "error") this.#schedule();
  }

  disconnectedCallback(): void {
    // Moving within the page disconnects and connects at once; only a real removal stops the work and frees what it made.
    queueMicrotask(() => {
      if (this.isConnected) return;
      this.#job?.abort();
      leave(this);
      this.#result = null;
      this.#parts.canvas.width = this.#parts.canvas.height = 0;
      this.#setState("idle");
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after && name !== "src") return;
    if (name === "alt") this.#nameParts();
    else if (name === "saturation") void this.#resaturate();
    else {
      this.#stale = true;
      this.#schedule();
    }
  }

  /** Several attributes set at once start one job. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (this.isConnected) void this.#start();
    });
  }

  async #start(): Promise<void> {
    this.#job?.abort();
    const { signal } = (this.#job = new AbortController());
    this.#stale = false;
    this.#result = null;
    this.#error = null;
    if (this.src === "") return this.#setState("idle");
    this.#setState("loading");
    const picture = loadOriginal(this.#parts.original, this.src, signal);
    try {
      this.#options(); // throws for wrong attributes before the model is downloaded
      const onProgress = (progress: LoadProgress): void => this.#progress(progress);
      const model = sharedColorizer(this.model, { user: this, onProgress, signal });
      const [colorizer, original] = await Promise.all([model, picture]);
      const { saturation, size } = this.#options();
      const result = await colorizer.colorize(original, {
        size,
        saturation,
        signal,
        onStage: (stage) => this.#progress({ stage: "colorize", loaded: STAGES.indexOf(stage), total: STAGES.length }),
      });
      this.#show(result);
      this.#setState("ready");
      this.dispatchEvent(new CustomEvent("load", { detail: result }));
      if (this.saturation !== saturation) void this.#resaturate();
    } catch (error) {
      await picture.catch(() => undefined); // the photograph stays visible if only the colour failed
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Applies the newest saturation and aborts a running change. */
  async #resaturate(): Promise<void> {
    if (this.#error?.where === SATURATION.name) return this.#schedule();
    if (this.#state !== "ready" || !this.#result) return;
    this.#job?.abort();
    const { signal } = (this.#job = new AbortController());
    try {
      this.#show(await this.#result.withSaturation(this.#options().saturation, { signal }));
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  /** Throws InputError with the attribute's own text. */
  #options(): { saturation: number; size: number | undefined } {
    const { saturation, size } = this;
    checkNumber(SATURATION, saturation, this.getAttribute("saturation") ?? saturation);
    if (size !== undefined) checkNumber(SIZE, size, this.getAttribute("size"));
    return { saturation, size };
  }

  #show(result: ColorizeResult): void {
    this.#result = result;
    result.canvas(this.#parts.canvas);
  }

  #progress(progress: ColorizeProgress): void {
    if (this.#state !== "loading") return;
    showProgress(this.#parts.status, progressText(progress), progressDone(progress));
    this.dispatchEvent(new CustomEvent("progress", { detail: progress }));
  }

  #fail(cause: unknown): void {
    const error =
      cause instanceof EngineError
        ? cause
        : new InputError({ where: this.localName, expected: "a coloured photograph", received: String(cause), cause });
    this.#error = error;
    this.#parts.error.textContent = error.message;
    this.#setState("error");
    this.dispatchEvent(new CustomEvent("error", { detail: error }));
  }

  #setState(state: ColorizeState): void {
    this.#state = state;
    const { frame, original, canvas, status, error } = this.#parts;
    frame.classList.toggle("loading", state === "loading");
    frame.classList.toggle("ready", state === "ready");
    original.hidden = state === "idle" || (state === "error" && original.naturalWidth === 0);
    canvas.hidden = state !== "ready";
    status.hidden = state !== "loading";
    frame.classList.toggle("with-picture", !original.hidden);
    error.hidden = state !== "error";
    if (state === "loading") showProgress(status, "Loading", 0);
    frame.setAttribute("aria-busy", String(state === "loading"));
    this.#nameParts();
  }

  /** Gives the picture one name for screen readers: on the original until the coloured canvas is ready, then on the canvas. */
  #nameParts(): void {
    const { original, canvas } = this.#parts;
    const ready = this.#state === "ready";
    original.alt = ready ? "" : this.alt;
    if (ready && this.alt !== "") {
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", this.alt);
      canvas.removeAttribute("aria-hidden");
    } else canvas.setAttribute("aria-hidden", "true");
  }
}

/** Sets a property again through its accessor: one that was set before the element was defined hides the accessor. */
function upgradeProperty(element: ColorizeCanvas, name: string): void {
  if (!Object.hasOwn(element, name)) return;
  const properties = element as unknown as Record<string, unknown>;
  const value = properties[name];
  delete properties[name];
  properties[name] = value;
}

export interface ColorizeCanvas {
  addEventListener<K extends keyof ColorizeCanvasEventMap>(
    type: K,
    listener: (this: ColorizeCanvas, event: ColorizeCanvasEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "colorize-canvas": ColorizeCanvas;
  }
}
