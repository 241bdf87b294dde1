/** Where pixels come from: anything a browser can draw, or plain bytes. */
import { ImageError } from "../errors";
import type { Size, Tile } from "../kernels/tile";

/** R, G, B, A bytes of sRGB, row-major, colour not multiplied by alpha. */
export interface RawImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** What can be colourised. Blobs are decoded by the browser, which applies their EXIF orientation. */
export type ColorizeSource =
  | Blob
  | ImageBitmap
  | HTMLImageElement
  | HTMLCanvasElement
  | HTMLVideoElement
  | OffscreenCanvas
  | VideoFrame
  | ImageData
  | RawImage;

/** A picture that can be uploaded rectangle by rectangle. */
export interface PixelSource extends Size {
  /** Puts a rectangle into the upper left corner of an rgba8unorm texture. */
  upload(device: GPUDevice, texture: GPUTexture, tile: Tile): void;
  /** Frees what the source holds; upload() fails afterwards. */
  close(): void;
}

/**
 * Opens a source. Elements, bitmaps and frames are copied, so they may change or close at once; `data` of ImageData
 * and RawImage is not copied and must not change while a result made from it is in use.
 * Throws ImageError when the picture cannot be read.
 */
export async function openSource(source: ColorizeSource): Promise<PixelSource> {
  if (isRaw(source)) return rawSource(source);
  if (typeof createImageBitmap !== "function")
    throw new ImageError({
      where: "colorize",
      expected: "{ data, width, height } with RGBA bytes, outside a browser",
      received: describe(source),
      hint: "colorize-canvas/node reads image files.",
    });
  return bitmapSource(await snapshot(source), source);
}

/** ImageData in another colour space than sRGB goes through the browser, which converts it. */
function isRaw(source: ColorizeSource): source is RawImage {
  if (typeof source !== "object" || source === null || !("data" in source)) return false;
  const space = (source as Partial<ImageData>).colorSpace;
  return ArrayBuffer.isView(source.data) && (space === undefined || space === "srgb");
}

function rawSource({ data, width, height }: RawImage): PixelSource {
  const whole = (n: number): boolean => Number.isInteger(n) && n >= 1;
  if (!whole(width) || !whole(height) || data.byteLength !== width * height * 4 || data.BYTES_PER_ELEMENT !== 1)
    throw new ImageError({
      where: "colorize",
      expected: "RGBA bytes of a picture of at least 1x1, four a pixel",
      received: `${data.length} elements for ${width}x${height}`,
    });
  return {
    width,
    height,
    upload(device, texture, tile) {
      const layout = { offset: (tile.y * width + tile.x) * 4, bytesPerRow: width * 4, rowsPerImage: tile.height };
      device.queue.writeTexture({ texture }, data as Uint8Array<ArrayBuffer>, layout, [tile.width, tile.height]);
    },
    close() {},
  };
}

async function snapshot(source: Exclude<ColorizeSource, RawImage>): Promise<ImageBitmap> {
  try {
    if (typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement) await source.decode();
    return await createImageBitmap(source, { premultiplyAlpha: "none", imageOrientation: "from-image" });
  } catch (cause) {
    if (isSecurityError(cause)) throw taintedSource(source, cause);
    throw new ImageError({
      where: "colorize",
      expected: "a picture that this browser can read",
      received: `${describe(source)} (${cause instanceof Error ? cause.message : String(cause)})`,
      hint: "Save it as JPEG, PNG or WebP.",
      cause,
    });
  }
}

function bitmapSource(bitmap: ImageBitmap, origin: ColorizeSource): PixelSource {
  const { width, height } = bitmap;
  return {
    width,
    height,
    upload(device, texture, tile) {
      try {
        device.queue.copyExternalImageToTexture(
          { source: bitmap, origin: [tile.x, tile.y] },
          { texture, premultipliedAlpha: false, colorSpace: "srgb" },
          [tile.width, tile.height],
        );
      } catch (cause) {
        throw isSecurityError(cause) ? taintedSource(origin, cause) : cause;
      }
    },
    close: () => bitmap.close(),
  };
}

function isSecurityError(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "SecurityError";
}

function taintedSource(source: ColorizeSource, cause: unknown): ImageError {
  const address = typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement && source.currentSrc;
  const received = "one of another site without CORS, or a vector graphic with foreignObject";
  return withheldPixels(address || "colorize", received, cause);
}

/** A picture that the browser shows but keeps from the page's programs. */
export function withheldPixels(where: string, received: string, cause: unknown): ImageError {
  return new ImageError({
    where,
    expected: "a picture whose pixels this page may read",
    received,
    hint:
      "Serve it from the page's own site, or with Access-Control-Allow-Origin (and crossorigin on an <img>); " +
      "save a vector graphic as PNG.",
    cause,
  });
}

function describe(source: unknown): string {
  if (source === null || typeof source !== "object") return String(source);
  const type = (source as { type?: unknown }).type;
  return `${source.constructor?.name ?? "an object"}${typeof type === "string" && type ? ` of type ${type}` : ""}`;
}
