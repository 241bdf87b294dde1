/** Pictures and picture files in Node: what read-image.ts gives and write-image.ts takes. */
import { extname } from "node:path";

export type ImageFormat = "jpeg" | "png" | "webp" | "tiff";

/** File name extensions of each format; the first one is used for output. */
export const EXTENSIONS: Readonly<Record<ImageFormat, readonly string[]>> = {
  jpeg: [".jpg", ".jpeg", ".jpe"],
  png: [".png"],
  webp: [".webp"],
  tiff: [".tif", ".tiff"],
};

/** A picture file's metadata. */
export interface ImageMetadata {
  readonly format: ImageFormat;
  /** As the file names it: srgb, b-w, cmyk, rgb16, grey16, ... */
  readonly colourSpace: string;
  /** Bits of one sample in the file: 8, 16 or 32. */
  readonly depth: 8 | 16 | 32;
  readonly hasAlpha: boolean;
  /** EXIF orientation 1 to 8, before it was applied. */
  readonly orientation: number;
  /** Pages or frames; only the first is read. */
  readonly pages: number;
  /** Pixels per inch, where the file says. */
  readonly density: number | undefined;
  readonly icc: Uint8Array | undefined;
  readonly exif: Uint8Array | undefined;
  readonly xmp: string | undefined;
}

/** 8-bit pixels: `data` is [height, width, 4], RGBA, sRGB, alpha not multiplied in. The shape of ImageData. */
export interface Pixels {
  readonly data: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** 16-bit pixels: `data` is [height, width, 3 or 4], R, G, B and perhaps alpha, sRGB, alpha not multiplied in. */
export interface DeepPixels {
  readonly data: Uint16Array;
  readonly width: number;
  readonly height: number;
}

/** The 16-bit samples of a picture, upright. */
export interface DeepSamples {
  /** [height, width, channels]: grey or R, G, B, and alpha where there is one more channel than `light` has tables. */
  readonly data: Uint16Array;
  readonly channels: number;
  /** For each colour channel, the light that each value adds to the luminance Y of 0 to 1. */
  readonly light: readonly Float64Array[];
}

export interface NodeImage extends Pixels {
  /** Whether the file's EXIF orientation turned or mirrored the pixels. */
  readonly orientationApplied: boolean;
  readonly metadata: ImageMetadata;
  /** Losses while reading, for people: "samples of 16 bits read as 8", "first of 3 pages", "IPTC dropped: ...". */
  readonly notes: readonly string[];
}

/** A NodeImage whose 16-bit samples were kept; `data` then is grey. */
export interface DeepImage extends NodeImage {
  readonly samples?: DeepSamples;
}

/** A picture file, or its bytes. */
export interface PictureFile {
  readonly format: ImageFormat;
  /** Pages of a TIFF file, or frames of an animation. */
  readonly pages: number;
  readonly bytes: number;
  /**
   * Decodes a page, counted from 0. With `deep`, samples of 16 bits are kept where their profile is of a known kind. Throws
   * ImageError.
   */
  read(page: number, options?: { readonly deep?: boolean }): Promise<DeepImage>;
}

/** The format of a file name's extension; undefined for an unknown one. */
export function formatOfName(path: string): ImageFormat | undefined {
  const extension = extname(path).toLowerCase();
  return (Object.keys(EXTENSIONS) as ImageFormat[]).find((format) => EXTENSIONS[format].includes(extension));
}

/** The format by a file's first 12 bytes; undefined for an unknown one. */
export function formatOfBytes(bytes: Uint8Array): ImageFormat | undefined {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("RIFF") && head.slice(8) === "WEBP") return "webp";
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return "tiff"; // BigTIFF has a plus sign
  return undefined;
}
