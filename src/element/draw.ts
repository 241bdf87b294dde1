/** Draws pictures on canvases, on the page's own thread. */
import { ImageError } from "../base/errors";
import { Pacer } from "../base/pacer";
import type { Size } from "../base/size";
import { ColorizeResult } from "../colorizer/result";
import type { ColorizeSource, RawImage } from "../image/source";

/** A picture that needs no more loading. */
export type Drawable = Exclude<ColorizeSource, Blob>;

export function isDrawnAtOnce(source: ColorizeSource): source is Exclude<Drawable, HTMLImageElement> {
  return !(source instanceof Blob || source instanceof HTMLImageElement);
}

/** A picture whose pixels are there. The caller closes an ImageBitmap, which is a copy. Throws ImageError, also for what is closed or no picture. */
export async function decodedPicture(source: ColorizeSource): Promise<ColorizeResult | HTMLImageElement | ImageBitmap> {
  try {
    if (source instanceof HTMLImageElement) await source.decode();
    if (source instanceof HTMLImageElement || source instanceof ColorizeResult) return source;
    return await createImageBitmap("data" in source ? imageData(source) : source);
  } catch (cause) {
    throw unreadable(source instanceof File ? source.name : "show()", cause);
  }
}

/** Pixels that are drawn in one task. */
export const BAND = 2 ** 21;

/** Draws a result in bands, so that the page stays responsive, for as long as it is `wanted`. */
export async function drawBands(
  canvas: HTMLCanvasElement,
  { data, width, height }: ColorizeResult,
  wanted: () => boolean,
): Promise<void> {
  // Another size empties the canvas. Of the same size, the picture before stays until it is drawn over.
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const context = canvas.getContext("2d")!;
  const rows = Math.max(1, Math.floor(BAND / width));
  const pacer = new Pacer();
  for (let y = 0; y < height && wanted(); y += rows) {
    const band = data.subarray(4 * y * width, 4 * (y + rows) * width);
    context.putImageData(new ImageData(band, width), 0, y);
    if (y + rows < height) await pacer.pause();
  }
}

/** Copies a picture's pixels. Leaves the canvas empty where `source` is no picture, about which the colorizer says more. */
export function draw(canvas: HTMLCanvasElement, source: Drawable): void {
  try {
    const { width, height } = sizeOf(source);
    canvas.width = width;
    canvas.height = height;
    if (!width || !height) return;
    const context = canvas.getContext("2d")!;
    if ("data" in source) context.putImageData(imageData(source), 0, 0);
    else context.drawImage(source, 0, 0, width, height);
  } catch {
    canvas.width = canvas.height = 0;
  }
}

/** Throws where there are not four bytes a pixel. */
function imageData(source: ImageData | RawImage): ImageData {
  const { data, width, height } = source;
  return source instanceof ImageData ? source : new ImageData(new Uint8ClampedArray(data), width, height);
}

function sizeOf(source: Drawable): Size {
  if (source instanceof HTMLImageElement) return { width: source.naturalWidth, height: source.naturalHeight };
  if (source instanceof HTMLVideoElement) return { width: source.videoWidth, height: source.videoHeight };
  if ("displayWidth" in source) return { width: source.displayWidth, height: source.displayHeight };
  return source;
}

/** The error of what is no picture. */
export function unreadable(where: string, cause: unknown): ImageError {
  return new ImageError({
    where,
    expected: "a photograph that this browser can read",
    received: "none",
    hint: "Check the address, and that the file is a picture.",
    cause,
  });
}
