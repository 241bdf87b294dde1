/** The <colorize-canvas> element, as a class only; element.ts defines it. */
import { version } from "../../package.json";
import type { EngineError } from "../base/errors";
import type { ColorHint } from "../colorizer/hints";
import type { ColorizeResult } from "../colorizer/result";
import { checkKind, type ColorizeSource } from "../image/source";
import { ColorizeAttributes, upgradeProperties, warnOfWord } from "./attributes";
import { MIDDLE } from "./comparison";
import { contentFile, type ColorizeContent } from "./contents";
import { Controls } from "./controls";
import { CustomStates } from "./custom-states";
import { send, type ColorizeState, type Listen } from "./events";
import { Lens } from "./lens";
import { buildParts, type ElementParts } from "./parts";
import { Photograph } from "./photograph";
import { noPicture, saveFile, typeOfName, usualName } from "./save";
import { watchSlottedImage } from "./slotted-image";
import { reserveSpace } from "./style";
import type { ColorizeTexts } from "./texts";
import { nameParts, showProgress, showState } from "./view";
import { Work, type ColorizerInUse } from "./work";

/**
 * Shows a photograph in grey, then in colour.
 *
 * @element colorize-canvas
 * @attr {string} src - Address of the photograph. Other sites must allow it by CORS.
 * @attr {string} alt - Text for screen readers; empty for a decorative photograph.
 * @attr {string} model - Name of a model of this package, inception-table (default), natural or inception-strided; or address of a model folder, its model.json or a bare .onnx file.
 * @attr {string} preset - Which colorizer a bare .onnx file is: siggraph17, eccv16, ddcolor or deoldify. Default: recognised by its inputs.
 * @attr {"eager"|"lazy"|"manual"} loading - When to colour: at once (default), near the viewport, or when colorize() is called.
 * @attr {"off"|"slider"|"hold"} compare - How to compare with the original: not (default), by a slider, or while the picture is pressed.
 * @attr {boolean} zoomable - Lets people zoom into the picture and move it: wheel, pinch, double tap, keys.
 * @attr {number} saturation - Factor on the predicted colour, 0 to 4 or 0% to 400%: 1 (default) as predicted, 0 grey.
 * @attr {number} warmth - -1 to 1: above 0 colours turn to yellow, below to blue. Default 0.
 * @attr {number} size - Working size in pixels, 32 to 1024: side of a square with as many pixels as the network sees.
 * @attr {"auto"|"f32"|"f16"|"f16-weights"} precision - How numbers are stored on the GPU: f16 where the adapter has it (default, auto), or always one of these.
 * @attr {string} fallback - What colours where there is no WebGPU: "wasm" or the address of a folder with onnxruntime-web. Default: nothing.
 * @attr {string} workers - Address of the folder of this package's workers, for bundlers that do not find them. Default: where the bundler put them.
 * @attr {"anonymous"|"use-credentials"} crossorigin - Whether to send cookies for `src` to another site. Default: anonymous.
 * @attr {boolean} controls - Shows controls below the picture: start or stop, saturation, warmth, save.
 * @attr {number} width - Width in CSS pixels; with `height`, the space for the photograph before it is loaded.
 * @attr {number} height - Height in CSS pixels, see `width`.
 * @fires preview - A first picture is shown before the whole model is loaded, where the model can; detail: ColorizeResult.
 * @fires load - The picture is coloured; detail: ColorizeResult.
 * @fires error - Colouring failed; detail: EngineError.
 * @fires progress - Detail: ColorizeProgress { stage, fraction, loaded, total, fromCache }.
 * @fires statechange - `state` changed; detail: the new state.
 * @fires zoomchange - `zoom` changed, or the picture was moved; detail: the new zoom.
 * @slot - An <img> (or a <picture>) to colour where there is neither `src` nor `source`. Other content is for browsers without scripts.
 * @slot poster - Shown until there is a photograph.
 * @slot overlay - On the picture, with which it is zoomed and moved; place it absolutely. The picture is its containing block.
 * @slot progress - Shown while the photograph is coloured, in place of the progress bar.
 * @slot error - Shown in state "error", in place of the message.
 * @slot controls - Shown below the picture, in place of the controls.
 * @csspart frame - Around picture and progress.
 * @csspart picture - The picture in the frame, which is zoomed and moved: original, coloured picture and slider.
 * @csspart original - The original: an <img>, or a <canvas> for pixels that a script gave.
 * @csspart canvas - The <canvas> of the coloured picture.
 * @csspart handle - The comparison slider.
 * @csspart hold - The button that shows the original.
 * @csspart status - The progress bar with its text.
 * @csspart error - The error message.
 * @csspart controls - The group of controls.
 * @csspart action - The button that starts or stops.
 * @csspart save - The button that saves the picture.
 * @csspart reset - The button that sets saturation and warmth back.
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

  readonly #states: CustomStates;
  readonly #parts: ElementParts;
  readonly #photograph: Photograph;
  readonly #lens: Lens;
  readonly #controls: Controls;
  readonly #work: Work;
  #source: ColorizeSource | null = null;
  #colorizer: ColorizerInUse | null = null;
  #texts: ColorizeTexts = {};
  #hints: readonly ColorHint[] = [];

  constructor() {
    super();
    this.#states = new CustomStates(this.attachInternals());
    const parts = (this.#parts = buildParts(this.attachShadow({ mode: "open" })));
    this.#photograph = new Photograph(parts);
    this.#work = new Work({
      element: this,
      photograph: this.#photograph,
      canvas: parts.canvas,
      replaced: () => this.#lens.zoom.fit(),
      changed: () => this.#render(),
      progressed: (progress) => showProgress(parts, this.#texts, progress),
    });
    this.#lens = new Lens({
      parts,
      rightToLeft: () => this.matches(":dir(rtl)"),
      pixels: () => this.#photograph.width,
      showsOriginal: (shown) => this.#states.mark("comparing", shown),
      zoomed: (scale) => send(this, "zoomchange", scale),
    });
    this.#controls = new Controls(parts.toolbar, this);
    for (const slot of [parts.poster, parts.controls]) slot.addEventListener("slotchange", () => this.#render());
    watchSlottedImage(this, parts.slot, (how) => {
      if (this.#photograph.isReplaced(this, how)) this.#work.restart({ photograph: true });
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

  /** Colours that are known at places of the photograph, in its pixels; another one needs its own. A new list paints the picture again. */
  get hints(): readonly ColorHint[] {
    return this.#hints;
  }
  set hints(value: readonly ColorHint[] | null | undefined) {
    this.#hints = value ?? [];
    this.#work.changeLook();
  }

  /** Texts in place of the English ones, by name. docs/element.md lists them. */
  get texts(): ColorizeTexts {
    return this.#texts;
  }
  set texts(value: ColorizeTexts | null | undefined) {
    this.#texts = value ?? {};
    this.#render();
  }

  /** Percent of the picture's width, from the side where text begins, that show the original under compare="slider". Default 50. */
  get comparePosition(): number {
    return this.#lens.comparison.position;
  }
  set comparePosition(value: number | null | undefined) {
    this.#lens.comparison.position = Number.isFinite(value) ? value! : MIDDLE;
  }

  /** Whether the original is shown in place of the coloured picture. A page sets it, for example, while a button of its own is held. */
  get comparing(): boolean {
    return this.#lens.comparison.original;
  }
  set comparing(value: boolean | null | undefined) {
    if (this.#work.coloured || !value) this.#lens.comparison.original = Boolean(value);
  }

  /** Scale of the picture: 1 (default) where all of it is shown. With `zoomable`, setting it zooms about the frame's centre, as far as people can. */
  get zoom(): number {
    return this.#lens.zoom.view.scale;
  }
  set zoom(value: number | null | undefined) {
    if (this.zoomable) this.#lens.zoom.scaleTo(value || 1);
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

  /**
   * Shows a finished picture of the photograph in place of the element's own work, which ends: a ColorizeResult of the page's own, which becomes
   * `result`, or a file or pixels that were kept, which toBlob() does not save. Resolves in state "ready". Throws InputError
   * for anything else, ImageError where the photograph or the file cannot be read, or an AbortError as colorize().
   */
  show(picture: ColorizeSource): Promise<void> {
    return this.#work.show(picture);
  }

  /** Between the whole picture and the size at which a pixel of it is one of the screen. With `zoomable`, as a double click does. */
  toggleZoom(): void {
    if (this.zoomable) this.#lens.zoom.toggle();
  }

  /** Stops the work. The photograph, or the last picture of it in colour, stays. */
  abort(): void {
    this.#work.abort();
  }

  /**
   * The coloured picture as a file, with the newest saturation and warmth, marked as artificially coloured: see markAsColorized(). EXIF comes from a photograph that is a Blob: see carryExif(). `type` is a MIME type that this browser encodes, `quality` 0 to 1.
   * `content`: "beside" shows the original, too, "layer" the colours alone. Throws InputError where there is no coloured picture, or the quality
   * or content is wrong, ImageError for another type.
   */
  async toBlob(type = "image/png", quality?: number, content: ColorizeContent = "picture"): Promise<Blob> {
    const result = await this.#work.newest();
    if (!result) throw noPicture(this.state);
    const original = content === "beside" ? await this.#photograph.drawable() : undefined;
    const photograph = this.#source instanceof Blob ? this.#source : undefined;
    return contentFile(result, { type, quality, content, original, photograph });
  }

  /**
   * Saves the coloured picture, or what toBlob() has in its place, as a download of the browser. The ending of `name` chooses the format: png,
   * jpg, webp or avif. Default: the photograph's name with "-colour", "-both" or "-layer". Throws as toBlob().
   */
  async download(name?: string, content: ColorizeContent = "picture"): Promise<void> {
    const file = name ?? usualName(this.#source, this.#photograph.name, content);
    saveFile(await this.toBlob(typeOfName(file), 0.95, content), file);
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
    else if (["alt", "compare", "controls", "zoomable"].includes(name)) this.#render();
    else if (name === "saturation" || name === "warmth") {
      this.#controls.update(this.#texts, this.#work.finished);
      this.#work.changeLook();
    } else if (name === "src" || name === "crossorigin") {
      if (this.#source === null) this.#work.restart({ photograph: true }); // `source` was copied, and may be closed by now
    } else if (name !== "loading" || this.#work.stale) this.#work.restart({ photograph: false });
  }

  #render(): void {
    const { state, error } = this.#work;
    const coloured = this.#work.coloured && state !== "error";
    showState(
      this.#parts,
      { state, coloured, decoded: this.#photograph.decoded, controls: this.controls, error },
      this.#texts,
    );
    nameParts(this.#parts, this.alt, coloured, this.#photograph.origin);
    this.#lens.update(this.compare, coloured, this.zoomable, this.#texts);
    this.#controls.update(this.#texts, this.#work.finished);
    this.#states.enter(state);
  }
}

export interface ColorizeCanvas {
  addEventListener: Listen<ColorizeCanvas, AddEventListenerOptions>;
  removeEventListener: Listen<ColorizeCanvas, EventListenerOptions>;
}

declare global {
  interface HTMLElementTagNameMap {
    "colorize-canvas": ColorizeCanvas;
  }
}
