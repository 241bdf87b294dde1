/** Where pixels come from: anything a browser can draw, or plain bytes. */
import { ImageError, InputError } from "../errors";
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
 * Throws ImageError when the picture cannot be read, InputError for what is none.
 */
export async function openSource(source: ColorizeSource): Promise<PixelSource> {
  if (isRaw(source)) return rawSource(source);
  checkKind(source);
  if (typeof createImageBitmap !== "function")
    throw new ImageError({
      where: "colorize",
      expected: "{ data, width, height } with RGBA bytes, outside a browser",
      received: describe(source),
      hint: "colorize-canvas/node reads image files.",
    });
  return bitmapSource(await snapshot(source));
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

/** An address is the likely mistake: pictures are loaded by the caller. */
function checkKind(source: unknown): void {
  if (typeof source === "object" && source !== null && !(source instanceof URL)) return;
  const address = typeof source === "string" || source instanceof URL;
  throw new InputError({
    where: "colorize",
    expected:
      "a picture: an <img>, <canvas> or <video> element, bitmap, frame, Blob, ImageData or { data, width, height }",
    received: address ? `the address ${JSON.stringify(source)}` : String(source),
    hint: address
      ? "Load it first: pass an <img> with this src, or await (await fetch(address)).blob(); in Node, await readImage(path) of colorize-canvas/node."
      : undefined,
  });
}

async function snapshot(source: Exclude<ColorizeSource, RawImage>): Promise<ImageBitmap> {
  try {
    if (typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement) await source.decode();
    return await createImageBitmap(source, { premultiplyAlpha: "none", imageOrientation: "from-image" });
  } catch (cause) {
    const tainted = cause instanceof DOMException && cause.name === "SecurityError";
    throw new ImageError({
      where: "colorize",
      expected: "a picture that this browser can read",
      received: `${describe(source)} (${cause instanceof Error ? cause.message : String(cause)})`,
      hint: tainted
        ? "It comes from another site: serve it with CORS headers and set crossorigin on the image."
        : "Save it as JPEG, PNG or WebP.",
      cause,
    });
  }
}

function bitmapSource(bitmap: ImageBitmap): PixelSource {
  const { width, height } = bitmap;
  return {
    width,
    height,
    upload(device, texture, tile) {
      device.queue.copyExternalImageToTexture(
        { source: bitmap, origin: [tile.x, tile.y] },
        { texture, premultipliedAlpha: false, colorSpace: "srgb" },
        [tile.width, tile.height],
      );
    },
    close: () => bitmap.close(),
  };
}

function describe(source: unknown): string {
  if (source === null || typeof source !== "object") return String(source);
  const type = (source as { type?: unknown }).type;
  return `${source.constructor?.name ?? "an object"}${typeof type === "string" && type ? ` of type ${type}` : ""}`;
}
