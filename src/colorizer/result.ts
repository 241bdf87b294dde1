/** A coloured picture, at the source's full size. */
import { ImageError, InputError } from "../base/errors";
import type { RawImage } from "../image/source";
import type { Size } from "../base/size";
import { checkNumber, QUALITY } from "../base/option-checks";
import type { ColorHint } from "./hints";
import type { LikelyColor, Place } from "./likely-colors";

/** Milliseconds by stage. */
export interface ColorizeTimings {
  /** Opening the source and binding the networks for its size. */
  readonly prepare: number;
  /** Computing luminance at the networks' sizes. */
  readonly luminance: number;
  readonly embedding: number;
  readonly chroma: number;
  /** Computing colour at full resolution, and reading it back. */
  readonly recombine: number;
  readonly total: number;
}

/** The data of a result. */
export interface ResultFacts extends Size {
  /** [height, width, 4], row-major: R, G, B, A bytes of sRGB; colour is not multiplied by alpha. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  /** Size in pixels of the network's picture. */
  readonly workingSize: Size;
  readonly saturation: number;
  readonly warmth: number;
  /** What the reader of a report should know: what was computed otherwise than asked for, and why. */
  readonly notes: readonly string[];
  readonly timings: ColorizeTimings;
}

/** The options to change; the others keep their values. */
export interface ResultChange {
  /** As in ColorizeOptions. */
  readonly saturation?: number;
  /** As in ColorizeOptions. */
  readonly warmth?: number;
  /** As in ColorizeOptions. */
  readonly temperature?: number;
  /** As in ColorizeOptions. */
  readonly size?: number;
  /** All hints, in place of those before; as in ColorizeOptions. */
  readonly hints?: readonly ColorHint[];
}

/** See ColorizeResult.likelyColors(). */
export type Likely = (place: Place) => Promise<LikelyColor[]>;

type Recolor = (change: ResultChange, signal: AbortSignal | undefined) => Promise<ColorizeResult>;

export class ColorizeResult implements ResultFacts {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly workingSize: Size;
  readonly saturation: number;
  readonly warmth: number;
  readonly notes: readonly string[];
  readonly timings: ColorizeTimings;
  readonly #likely: Likely;
  readonly #recolor: Recolor;

  constructor(facts: ResultFacts, likely: Likely, recolor: Recolor) {
    this.width = facts.width;
    this.height = facts.height;
    this.data = facts.data;
    this.workingSize = facts.workingSize;
    this.saturation = facts.saturation;
    this.warmth = facts.warmth;
    this.notes = facts.notes;
    this.timings = facts.timings;
    this.#likely = likely;
    this.#recolor = recolor;
  }

  /**
   * The same picture with other values of these options. Unless the working size changes, or hints of a network that takes them, only the last
   * stage runs again. Throws as
   * withSaturation(), and InputError for a temperature where the model has none.
   */
  with(change: ResultChange, options: { readonly signal?: AbortSignal } = {}): Promise<ColorizeResult> {
    return this.#recolor(change, options.signal);
  }

  /**
   * The same picture with another saturation (0 to 4; 1: as predicted, 0: grey). Only the last stage runs again. Throws
   * InputError for a number outside that range, after dispose() of the Colorizer, and when the source's buffer was
   * transferred; DeviceError as colorize(); and the signal's reason when aborted.
   */
  withSaturation(saturation: number, options: { readonly signal?: AbortSignal } = {}): Promise<ColorizeResult> {
    return this.#recolor({ saturation }, options.signal);
  }

  /** The same picture with another warmth (-1 to 1; 0: as predicted). Only the last stage runs again. Throws as withSaturation(). */
  withWarmth(warmth: number, options: { readonly signal?: AbortSignal } = {}): Promise<ColorizeResult> {
    return this.#recolor({ warmth }, options.signal);
  }

  /**
   * The same picture with chroma predicted at another working size (pixels, as in ColorizeOptions). The embedding is reused,
   * so only the colorizer network and the last stage run again. Throws as withSaturation().
   */
  withSize(size: number, options: { readonly signal?: AbortSignal } = {}): Promise<ColorizeResult> {
    return this.#recolor({ size }, options.signal);
  }

  /**
   * The same picture at another temperature (0.05 to 10), for a model that predicts a distribution over colours. Only the last stage runs
   * again. Throws InputError for other models; other errors as withSaturation().
   */
  withTemperature(temperature: number, options: { readonly signal?: AbortSignal } = {}): Promise<ColorizeResult> {
    return this.#recolor({ temperature }, options.signal);
  }

  /**
   * The colours that the network holds likely at a place, the likeliest first, at most eight: for people to choose a hint from. Without the
   * hints of this result, and its saturation and warmth. Empty for a model that predicts one colour and no distribution. Throws
   * InputError for a place outside of the photograph, and after dispose() of a Colorizer in a worker.
   */
  likelyColors(place: Place): Promise<LikelyColor[]> {
    return this.#likely(place);
  }

  /** ImageData that shares this result's bytes; a plain { data, width, height } where there is no ImageData. */
  imageData(): ImageData | RawImage {
    if (typeof ImageData === "undefined") return { data: this.data, width: this.width, height: this.height };
    return new ImageData(this.data, this.width, this.height);
  }

  /** Draws into a new canvas of the page. In a worker, pass an OffscreenCanvas as target instead. */
  canvas(): HTMLCanvasElement;
  /** Draws into `target`, which gets the picture's size. Browsers and workers only. */
  canvas<T extends HTMLCanvasElement | OffscreenCanvas>(target: T): T;
  canvas(target?: HTMLCanvasElement | OffscreenCanvas): HTMLCanvasElement | OffscreenCanvas {
    const canvas = target ?? newCanvas(this.width, this.height);
    const context = sizedContext(canvas, this);
    context.putImageData(this.imageData() as ImageData, 0, 0);
    return canvas;
  }

  /**
   * The encoded picture. `type` is a MIME type that this browser encodes: image/png and image/jpeg everywhere, image/webp
   * in most. `quality` is 0 to 1, for image/jpeg and image/webp. Browsers and workers only.
   * Throws InputError for a wrong quality, ImageError for another type or a picture that is too large.
   */
  async blob(type = "image/png", quality?: number): Promise<Blob> {
    if (quality !== undefined) checkNumber(QUALITY, quality);
    return encodeCanvas(this.canvas(newCanvas(this.width, this.height)), type, quality);
  }
}

/** Makes a canvas this large, and empty. Throws ImageError where it cannot be drawn on. */
export function sizedContext(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  { width, height }: Size,
): CanvasRenderingContext2D {
  canvas.width = width;
  canvas.height = height;
  const context = (canvas as HTMLCanvasElement).getContext("2d");
  if (context) return context;
  throw new ImageError({
    where: "canvas()",
    expected: `a 2D canvas of ${width}x${height}`,
    received: "no drawing context",
    hint: "The canvas already has another kind of context, or the picture is too large for this browser.",
  });
}

/** A canvas as a file of a type that this browser encodes. Throws ImageError as blob(). */
export async function encodeCanvas(
  canvas: HTMLCanvasElement | OffscreenCanvas,
  type: string,
  quality: number | undefined,
): Promise<Blob> {
  const blob =
    "convertToBlob" in canvas
      ? await canvas.convertToBlob({ type, quality })
      : await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  if (!blob)
    throw new ImageError({
      where: "blob()",
      expected: `a picture this browser can encode as ${type}`,
      received: `${canvas.width}x${canvas.height}`,
      hint: "Use image/jpeg, or write the bytes of `data` with another encoder.",
    });
  // For an unknown type, browsers return a PNG.
  if (blob.type === type.toLowerCase()) return blob;
  throw new ImageError({
    where: "blob()",
    expected: "a type that this browser encodes: image/png, image/jpeg or, in most, image/webp",
    received: type,
    hint: "Use one of these, or write the bytes of `data` with another encoder.",
  });
}

function newCanvas(width: number, height: number): HTMLCanvasElement | OffscreenCanvas {
  if (typeof document !== "undefined") return document.createElement("canvas");
  if (typeof OffscreenCanvas !== "undefined") return new OffscreenCanvas(width, height);
  throw new InputError({
    where: "canvas()",
    expected: "a browser",
    received: "no canvas here",
    hint: "Use `data`, or colorize-canvas/node to write image files.",
  });
}
