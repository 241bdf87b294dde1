/** What a saved file can show: draws it, encodes it, and writes into it where it comes from. */
import { InputError } from "../base/errors";
import { checkNumber, QUALITY } from "../base/option-checks";
import { encodeCanvas, sizedContext, type ColorizeResult } from "../colorizer/result";
import { carryExif } from "../image/exif";
import { markAsColorized } from "../image/mark";
import { draw, type Drawable } from "./draw";

/** See ColorizeContent. */
const CONTENTS = ["picture", "beside", "layer"] as const;

/**
 * "picture": in colour. "beside": the original, and the picture on its right. "layer": the colours alone on grey, to lie over the photograph
 * in a picture editor, in the blend mode "Color".
 */
export type ColorizeContent = (typeof CONTENTS)[number];

export interface ContentFileOptions {
  /** Default: "picture". */
  readonly content?: ColorizeContent | undefined;
  /** A MIME type that this browser encodes. Default: image/png. */
  readonly type?: string | undefined;
  /** 0 to 1, for image/jpeg and image/webp. */
  readonly quality?: number | undefined;
  /** The decoded photograph, for "beside". */
  readonly original?: Drawable | undefined;
  /** The photograph's file, whose EXIF (for "picture") and XMP come along. */
  readonly photograph?: Blob | undefined;
  /** Encodes in place of the browser. With undefined, the browser does. */
  readonly encode?: ((canvas: HTMLCanvasElement) => Promise<Blob | undefined>) | undefined;
}

/**
 * A result as a file, as toBlob() of the element makes it: marked as artificially coloured, see markAsColorized(). AVIF, which browsers hardly
 * encode, stays as it is. Throws as ColorizeResult.blob(), and InputError for a wrong content, or without the original that it shows.
 */
export async function contentFile(
  result: ColorizeResult,
  { content = "picture", type = "image/png", quality, original, photograph, encode }: ContentFileOptions = {},
): Promise<Blob> {
  if (!CONTENTS.includes(content))
    throw new InputError({ where: "content", expected: CONTENTS.join(", "), received: JSON.stringify(content) });
  if (quality !== undefined) checkNumber(QUALITY, quality);
  const canvas = contentCanvas(result, content, original);
  if (type.toLowerCase() === "image/jpeg") fill(canvas, "destination-over", "#fff"); // it has no transparency
  const file = (await encode?.(canvas)) ?? (await encodeCanvas(canvas, type, quality));
  if (file.type === "image/avif") return file;
  const carried = photograph && content === "picture" ? await carryExif(photograph, file, result) : file;
  return markAsColorized(carried, photograph);
}

function contentCanvas(
  result: ColorizeResult,
  content: ColorizeContent,
  original: Drawable | undefined,
): HTMLCanvasElement {
  const { width, height } = result;
  const left = content === "beside" ? width : 0;
  const canvas = document.createElement("canvas");
  const context = sizedContext(canvas, { width: left + width, height });
  context.putImageData(result.imageData() as ImageData, left, 0);
  if (content === "beside") context.drawImage(drawn(original), 0, 0, width, height);
  // Grey's lightness, and the hue and chroma of what is there.
  if (content === "layer") fill(canvas, "luminosity", "#808080");
  return canvas;
}

/** Lays a colour on all of a canvas. */
function fill(canvas: HTMLCanvasElement, mode: GlobalCompositeOperation, color: string): void {
  const context = canvas.getContext("2d")!;
  context.globalCompositeOperation = mode;
  context.fillStyle = color;
  context.fillRect(0, 0, canvas.width, canvas.height);
}

/** What a canvas can draw. */
function drawn(original: Drawable | undefined): CanvasImageSource {
  if (!original)
    throw new InputError({
      where: "contentFile()",
      expected: 'the decoded photograph as `original`, for "beside"',
      received: "none",
    });
  if (!("data" in original)) return original;
  const canvas = document.createElement("canvas");
  draw(canvas, original);
  return canvas;
}
