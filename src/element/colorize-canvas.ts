/** The <colorize-canvas> element, as a class only; element.ts defines it. */
import { version } from "../../package.json";
import { InputError, type EngineError } from "../base/errors";
import type { ColorizeResult } from "../colorizer/result";
import { checkKind, type ColorizeSource } from "../image/source";
import { ColorizeAttributes, upgradeProperties, warnOfWord } from "./attributes";
import { Comparison } from "./comparison";
import { Controls } from "./controls";
import { send, type ColorizeCanvasEventMap, type ColorizeState } from "./events";
import { buildParts, type ElementParts } from "./parts";
import { Photograph, type Origin } from "./photograph";
import { colouredName, marked, saveFile, typeOfName } from "./save";
import { slottedImage, watchSlottedImage } from "./slotted-image";
import { reserveSpace } from "./style";
import type { ColorizeTexts } from "./texts";
import { nameParts, showProgress, showState } from "./view";
import { Work, type ColorizerInUse } from "./work";

const STATES: readonly ColorizeState[] = ["idle", "loading", "ready", "error"];

/**
 * Shows a photograph in grey, then in colour.
 *
 * @element colorize-canvas
 * @attr {string} src - Address of the photograph. Other sites must allow it by CORS.
 * @attr {string} alt - Text for screen readers; empty for a decorative photograph.
 * @attr {string} model - Name of a model of this package, inception-table (default) or natural; or address of a model folder, its model.json or a bare .onnx file.
 * @attr {string} preset - Which colorizer a bare .onnx file is: siggraph17, eccv16, ddcolor or deoldify. Default: recognised by its inputs.
 * @attr {"eager"|"lazy"|"manual"} loading - When to colour: at once (default), near the viewport, or when colorize() is called.
 * @attr {"off"|"slider"|"hold"} compare - How to compare with the original: not (default), by a slider, or while the picture is pressed.
 * @attr {number} saturation - Factor on the predicted colour, 0 to 4 or 0% to 400%: 1 (default) as predicted, 0 grey.
 * @attr {number} warmth - -1 to 1: above 0 colours turn to yellow, below to blue. Default 0.
 * @attr {number} size - Working size in pixels, 32 to 1024: side of a square with as many pixels as the network sees.
 * @attr {"auto"|"f32"|"f16"|"f16-weights"} precision - How numbers are stored on the GPU: f16 where the adapter has it (default, auto), or always one of these.
 * @attr {string} fallback - What colours where there is no WebGPU: "wasm" or the address of a folder with onnxruntime-web. Default: nothing.
 * @attr {"anonymous"|"use-credentials"} crossorigin - Whether to send cookies for `src` to another site. Default: anonymous.
 * @attr {boolean} controls - Shows controls below the picture: start or stop, saturation, warmth, save.
 * @attr {number} width - Width in CSS pixels; with `height`, the space for the photograph before it is loaded.
 * @attr {number} height - Height in CSS pixels, see `width`.
 * @fires preview - A first picture is shown before the whole model is loaded, where the model can; detail: ColorizeResult.
 * @fires load - The picture is coloured; detail: ColorizeResult.
 * @fires error - Colouring failed; detail: EngineError.
 * @fires progress - Detail: ColorizeProgress { stage, fraction, loaded, total, fromCache }.
 * @fires statechange - `state` changed; detail: the new state.
 * @slot - An <img> (or a <picture>) to colour where there is neither `src` nor `source`. Other content is for browsers without scripts.
 * @slot poster - Shown until there is a photograph.
 * @slot progress - Shown while the photograph is coloured, in place of the progress bar.
 * @slot error - Shown in state "error", in place of the message.
 * @slot controls - Shown below the picture, in place of the controls.
 * @csspart frame - Around picture and progress.
 * @csspart original - The original: an <img>, or a <canvas> for pixels that a script gave.
 * @csspart canvas - The <canvas> of the coloured picture.
 * @csspart handle - The comparison slider.
 * @csspart hold - The button that shows the original.
 * @csspart status - The progress bar with its text.
 * @csspart error - The error message.
 * @csspart controls - The group of controls.
 * @csspart action - The button that starts or stops.
 * @csspart save - The button that saves the picture.
 * @csspart saturation - The slider of saturation.
 * @csspart warmth - The slider of warmth.
 * @cssstate idle - Nothing is being coloured.
 * @cssstate loading - The photograph is being coloured.
 * @cssstate ready - The picture is coloured.
 * @cssstate error - Colouring failed.
 * @cssstate comparing - The original is shown in place of the coloured picture.
 * @cssprop --colorize-canvas-accent - Colour of the progress bar, of focus rings on the picture and of the controls' sliders.
 * @cssprop --colorize-canvas-backdrop - Background of texts on the picture.
 * @cssprop --colorize-canvas-text - Colour of texts on the picture and of the error message.
 * @cssprop --colorize-canvas-error - Background of the error message.
 * @cssprop --colorize-canvas-handle - Colour of the comparison slider.
 */
export class ColorizeCanvas extends ColorizeAttributes {
  /** The package's version. */
  static readonly version: string = version;

  readonly #internals: ElementInternals;
  readonly #parts: ElementParts;
  readonly #photograph: Photograph;
  readonly #comparison: Comparison;
  readonly #controls: Controls;
  readonly #work: Work;
  #source: ColorizeSource | null = null;
  #colorizer: ColorizerInUse | null = null;
  #texts: ColorizeTexts = {};

  constructor() {
    super();
    this.#internals = this.attachInternals();
    const parts = (this.#parts = buildParts(this.attachShadow({ mode: "open" })));
    this.#photograph = new Photograph(parts);
    this.#work = new Work({
      element: this,
      photograph: this.#photograph,
      origin: () => this.#origin(),
      photographChanged: () => this.#render(),
      stateChanged: (state) => {
        this.#render();
        send(this, "statechange", state);
      },
      progressed: (progress) => {
        showProgress(parts, this.#texts, progress);
        send(this, "progress", progress);
      },
      coloured: (result) => result.canvas(parts.canvas),
      early: (result) => {
        this.#render();
        send(this, "preview", result);
      },
      loaded: (result) => send(this, "load", result),
      failed: (error) => send(this, "error", error),
    });
    this.#comparison = new Comparison({
      parts,
      rightToLeft: () => this.matches(":dir(rtl)"),
      showsOriginal: (shown) => this.#mark("comparing", shown),
    });
    this.#controls = new Controls(parts.toolbar, this);
    for (const slot of [parts.poster, parts.controls]) slot.addEventListener("slotchange", () => this.#render());
    watchSlottedImage(this, parts.slot, (loaded) => {
      if (this.#source !== null || this.src !== "") return;
      if (!loaded || this.#photograph.replacedBy(slottedImage(parts.slot))) this.#work.restart({ photograph: true });
    });
    this.#render();
  }

  /**
   * A file or pixels to colour in place of `src`: File, Blob, ImageBitmap, VideoFrame, canvas, ImageData and the other sources of
   * Colorizer.colorize(). Pixels are copied at once. Throws InputError for anything else.
   */
  get source(): ColorizeSource | null {
    return this.#source;
  }
  set source(value: ColorizeSource | null | undefined) {
    if (value != null) checkKind(value);
    this.#source = value ?? null;
    this.#work.replacePhotograph();
  }

  /** A Colorizer of the page's own, in place of the one that elements share; the element does not dispose it. */
  get colorizer(): ColorizerInUse | null {
    return this.#colorizer;
  }
  set colorizer(value: ColorizerInUse | null | undefined) {
    if (this.#colorizer === (value ?? null)) return;
    this.#colorizer = value ?? null;
    this.#work.restart({ photograph: false });
  }

  /** Texts in place of the English ones, by name. docs/element.md lists them. */
  get texts(): ColorizeTexts {
    return this.#texts;
  }
  set texts(value: ColorizeTexts | null | undefined) {
    this.#texts = value ?? {};
    this.#render();
  }

  get state(): ColorizeState {
    return this.#work.state;
  }

  /** The coloured picture; null where there is none. While a photograph is coloured once more, the picture before. */
  get result(): ColorizeResult | null {
    return this.#work.result;
  }

  /** The error in state "error". */
  get error(): EngineError | null {
    return this.#work.error;
  }

  /**
   * Colours the photograph now, whatever `loading` says, and resolves with the result: of work that is running, or of the last
   * work if nothing changed since. Throws the error that the `error` event has, or an AbortError when abort(), another photograph
   * or the removal of the element ends the work.
   */
  colorize(): Promise<ColorizeResult> {
    return this.#work.colorize();
  }

  /** Stops the work. The photograph, or the last picture of it in colour, stays. */
  abort(): void {
    this.#work.abort();
  }

  /**
   * The coloured picture as a file, with the newest saturation and warmth, marked as artificially coloured: see markAsColorized(). `type` is a MIME type that this browser encodes, `quality` 0 to 1.
   * Throws InputError where there is no coloured picture or the quality is wrong, ImageError for another type.
   */
  async toBlob(type = "image/png", quality?: number): Promise<Blob> {
    const result = await this.#work.newest();
    if (result) return marked(await result.blob(type, quality), this.#source);
    throw new InputError({
      where: "toBlob()",
      expected: "a coloured picture",
      received: `none in state "${this.state}"`,
      hint: "Wait for the event `load`, or for colorize().",
    });
  }

  /**
   * Saves the coloured picture as a download of the browser. The ending of `name` chooses the format: png, jpg, webp or avif. Default: the
   * photograph's name with "-colour". Throws as toBlob().
   */
  async download(name = colouredName(this.#photograph.name)): Promise<void> {
    saveFile(await this.toBlob(typeOfName(name), 0.95), name);
  }

  connectedCallback(): void {
    upgradeProperties(this);
    if (this.#work.stale || this.state === "error") this.#work.restart({ photograph: false });
  }

  disconnectedCallback(): void {
    // Moving within the page disconnects and connects at once; only a real removal stops the work.
    queueMicrotask(() => this.isConnected || this.#work.suspend());
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before === after && name !== "src") return;
    warnOfWord(this, name);
    if (name === "width" || name === "height") reserveSpace(this.#parts.root, this.width, this.height);
    else if (name === "alt" || name === "compare" || name === "controls") this.#render();
    else if (name === "saturation" || name === "warmth") {
      this.#controls.update(this.#texts);
      this.#work.changeLook();
    } else if (name !== "loading" || this.#work.stale)
      this.#work.restart({ photograph: name === "src" || name === "crossorigin" });
  }

  #origin(): Origin | undefined {
    const { src, crossOrigin } = this;
    if (this.#source !== null) return { source: this.#source };
    if (src !== "") return { src, crossOrigin: crossOrigin ?? "anonymous" };
    const slotted = slottedImage(this.#parts.slot);
    return slotted && { slotted };
  }

  #render(): void {
    const { state, result, error } = this.#work;
    const coloured = result !== null && state !== "error";
    showState(
      this.#parts,
      { state, coloured, decoded: this.#photograph.decoded, controls: this.controls, error },
      this.#texts,
    );
    nameParts(this.#parts, this.alt, coloured, this.#photograph.origin);
    this.#comparison.update(coloured ? this.compare : "off", this.#texts);
    this.#controls.update(this.#texts);
    for (const one of STATES) this.#mark(one, one === state);
  }

  /** Adds or removes a custom state, which :state() selects. */
  #mark(name: string, on: boolean): void {
    // Browsers without custom states have no WebGPU, but show the photograph.
    const { states } = this.#internals as Partial<ElementInternals>;
    if (on) states?.add(name);
    else states?.delete(name);
  }
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
