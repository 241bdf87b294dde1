/** Sources of pixels: anything that a browser can draw, or plain bytes. */
import { ImageError, InputError, messageOf } from "../base/errors";
import type { Size, Tile } from "../base/size";

/** [height, width, 4], row-major: R, G, B, A bytes of sRGB; colour is not multiplied by alpha. */
export interface RawImage {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** The supported sources. The browser decodes blobs and applies their EXIF orientation. */
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
  /** Copies a rectangle into the upper left corner of an rgba8unorm texture. */
  upload(device: GPUDevice, texture: GPUTexture, tile: Tile): void;
  /** R, G, B, A bytes of a rectangle; without a copy where it has the picture's width. */
  read(tile: Tile): RawImage["data"];
  /** Whether R, G, B, A bytes have the alpha of this rectangle, compared in every ROW_STEP-th row. */
  hasAlpha(tile: Tile, pixels: Uint8Array): boolean;
  /** Frees the source's memory; upload() fails afterwards. */
  close(): void;
}

/**
 * Opens a source. Elements, bitmaps and frames are copied, so they may change or close at once. `data` of ImageData
 * and RawImage is copied only when it is shared memory, and must not change while a result made from it is in use.
 * Throws ImageError when the picture cannot be read, InputError for an unsupported source.
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
  return bitmapSource(await snapshot(source), source);
}

/** Whether the source is sRGB bytes. The browser converts ImageData in other colour spaces. */
function isRaw(source: ColorizeSource): source is RawImage {
  if (typeof source !== "object" || source === null || !("data" in source)) return false;
  const space = (source as Partial<ImageData>).colorSpace;
  return ArrayBuffer.isView(source.data) && (space === undefined || space === "srgb");
}

function rawSource({ data: given, width, height }: RawImage): PixelSource {
  const whole = (n: number): boolean => Number.isInteger(n) && n >= 1;
  if (!whole(width) || !whole(height) || given.byteLength !== width * height * 4 || given.BYTES_PER_ELEMENT !== 1)
    throw new ImageError({
      where: "colorize",
      expected: "RGBA bytes of a picture of at least 1x1, four a pixel",
      received: `${given.length} elements for ${width}x${height}`,
    });
  // Node's WebGPU crashes on shared memory, and another thread could change it under a kept result.
  const data = given.buffer instanceof ArrayBuffer ? given : new Uint8Array(given);
  const checkThere = (): void => {
    if (data.byteLength === width * height * 4) return;
    throw new InputError({
      where: "colorize",
      expected: `the pixels of the ${width}x${height} picture`,
      received: "a buffer that was transferred or resized meanwhile",
      hint: "Transfer a copy, or transfer it once results made from it are no longer in use.",
    });
  };
  return {
    width,
    height,
    read({ x, y, ...size }) {
      checkThere();
      const rows = data.subarray(y * width * 4, (y + size.height) * width * 4);
      if (size.width === width) return rows;
      const part = new Uint8ClampedArray(size.width * size.height * 4);
      for (let row = 0; row < size.height; row++) {
        const from = (row * width + x) * 4;
        part.set(rows.subarray(from, from + size.width * 4), row * size.width * 4);
      }
      return part;
    },
    hasAlpha(tile, pixels) {
      checkThere();
      return sameAlpha(pixels, tile, data, width);
    },
    upload(device, texture, tile) {
      checkThere();
      const layout = { offset: (tile.y * width + tile.x) * 4, bytesPerRow: width * 4, rowsPerImage: tile.height };
      device.queue.writeTexture({ texture }, data as Uint8Array<ArrayBuffer>, layout, [tile.width, tile.height]);
    },
    close() {},
  };
}

/** Throws InputError for an unsupported source. The likely mistake is an address, because the caller loads pictures. */
export function checkKind(source: unknown): void {
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

/** Copies a picture into a bitmap of its own. Throws ImageError when it cannot be read. */
export async function snapshot(source: Exclude<ColorizeSource, RawImage>): Promise<ImageBitmap> {
  try {
    if (typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement) await source.decode();
    return await createImageBitmap(source, { premultiplyAlpha: "none", imageOrientation: "from-image" });
  } catch (cause) {
    if (isSecurityError(cause)) throw taintedSource(source, cause);
    throw new ImageError({
      where: "colorize",
      expected: "a picture that this browser can read",
      received: `${describe(source)} (${messageOf(cause)})`,
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
    read: (tile) => drawn(bitmap, tile),
    hasAlpha: (tile, pixels) =>
      isOpaque(pixels, tile) || sameAlpha(pixels, { ...tile, x: 0, y: 0 }, drawn(bitmap, tile), tile.width),
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

/** Every so many rows one is compared. A workgroup of the colour kernel writes four rows, so one row of each is compared. */
const ROW_STEP = 4;

function isOpaque(pixels: Uint8Array, { width, height }: Tile): boolean {
  const words = wordsOf(pixels);
  let all = -1;
  for (let row = 0; row < height; row += ROW_STEP)
    for (let i = row * width; i < (row + 1) * width; i++) all &= words[i]!;
  return all >>> 24 === 255;
}

/** Whether R, G, B, A bytes have the alpha of a rectangle of a picture whose rows are `width` long. */
function sameAlpha(pixels: Uint8Array, { x, y, ...size }: Tile, picture: RawImage["data"], width: number): boolean {
  const own = wordsOf(pixels);
  const theirs = wordsOf(picture);
  let difference = 0;
  for (let row = 0; row < size.height; row += ROW_STEP) {
    const from = (y + row) * width + x;
    const to = row * size.width;
    for (let i = 0; i < size.width; i++) difference |= own[to + i]! ^ theirs[from + i]!;
  }
  return difference >>> 24 === 0;
}

/** The four bytes of each pixel as one number, with alpha in the highest byte. */
function wordsOf(bytes: RawImage["data"]): Uint32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : new Uint8Array(bytes);
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4);
}

/** A rectangle of the bitmap drawn by a 2D canvas, which changes the colour of transparent pixels a little. */
function drawn(bitmap: ImageBitmap, { x, y, width, height }: Tile): Uint8ClampedArray {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.drawImage(bitmap, -x, -y);
  return context.getImageData(0, 0, width, height).data;
}

function isSecurityError(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "SecurityError";
}

/** The error for a source whose pixels the page may not read. */
export function taintedSource(source: ColorizeSource, cause: unknown): ImageError {
  const address = typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement && source.currentSrc;
  const received = "one of another site without CORS, or a vector graphic with foreignObject";
  return withheldPixels(address || "colorize", received, cause);
}

/** The error for a picture that the browser shows but whose pixels pages may not read. */
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
