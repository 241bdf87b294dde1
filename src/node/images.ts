/** Picture files in Node: JPEG, PNG, WebP and TIFF, through sharp, to and from 8-bit sRGB pixels. */
import { readFile, stat } from "node:fs/promises";
import { extname } from "node:path";
import type { Sharp } from "sharp";
import { ImageError, messageOf } from "../base/errors";
import { exifForPixels } from "../image/exif";
import { checkNumber, FILE_QUALITY } from "../base/option-checks";
import { replaceExif, tiffHasExif } from "./exif";
import { notAFile, otherKind } from "./other-kinds";
import { loadSharp } from "./peer";
import { alreadyThere, exists, placeFile } from "./place-file";

export type ImageFormat = "jpeg" | "png" | "webp" | "tiff";

/** File name extensions of each format; the first one is used for output. */
export const EXTENSIONS: Readonly<Record<ImageFormat, readonly string[]>> = {
  jpeg: [".jpg", ".jpeg", ".jpe"],
  png: [".png"],
  webp: [".webp"],
  tiff: [".tif", ".tiff"],
};

/** 2^28 pixels, 1 GiB of RGBA: larger pictures are refused before they are decoded. */
const MAX_PIXELS = 2 ** 28;

const FORMATS_TEXT = "a JPEG, PNG, WebP or TIFF picture";

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

export interface NodeImage extends Pixels {
  /** Whether the file's EXIF orientation turned or mirrored the pixels. */
  readonly orientationApplied: boolean;
  readonly metadata: ImageMetadata;
  /** Losses while reading, for people: "samples of 16 bits read as 8", "first of 3 pages", "IPTC dropped: ...". */
  readonly notes: readonly string[];
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
  if (head.startsWith("II*\0") || head.startsWith("MM\0*")) return "tiff";
  return undefined;
}

function message(cause: unknown): string {
  return messageOf(cause).split("\n")[0]!.trim();
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    const received = notAFile(await stat(path));
    const hint = "Save the picture to a file first.";
    if (received) throw new ImageError({ where: path, expected: FORMATS_TEXT, received, hint });
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const received = code === "ENOENT" ? "no such file" : code === "EISDIR" ? "a folder" : (code ?? message(cause));
    const hint = code === "EACCES" ? "Check the file's permissions." : "Check the path.";
    throw new ImageError({ where: path, expected: "a readable file", received, hint, cause });
  }
}

/**
 * Reads a picture to upright 8-bit sRGB pixels: colours through the file's ICC profile, EXIF orientation applied,
 * 16-bit samples rounded to 8, grey and CMYK converted. Of several pages or frames, the first.
 * Throws ImageError for a missing, empty, truncated, unsupported or too large file.
 */
export async function readImage(path: string): Promise<NodeImage> {
  return decodeImage(await readBytes(path), path);
}

/** readImage() for a file's bytes; `where` names the file in messages. */
export async function decodeImage(bytes: Buffer, where: string): Promise<NodeImage> {
  if (bytes.length === 0)
    throw new ImageError({
      where,
      expected: FORMATS_TEXT,
      received: "an empty file (0 bytes)",
      hint: "Copy or download it again.",
    });
  const format = formatOfBytes(bytes);
  const other = otherKind(where, bytes);
  if (!format || other)
    throw new ImageError({
      where,
      expected: FORMATS_TEXT,
      received: other ? other.kind : `another kind of file (it starts with ${bytes.subarray(0, 4).toString("hex")})`,
      hint: other?.hint ?? "Convert it to one of these formats first.",
    });
  try {
    return await decode(bytes, format);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const text = message(cause);
    const large = /pixel limit/i.test(text);
    throw new ImageError({
      where,
      expected: large ? `at most ${MAX_PIXELS} pixels` : `a complete ${format.toUpperCase()} file`,
      received: large ? "a larger picture" : `a damaged or truncated one (${text})`,
      hint: large ? "Make it smaller first." : "Copy or download it again, or save it anew in another program.",
      cause,
    });
  }
}

async function decode(bytes: Buffer, format: ImageFormat): Promise<NodeImage> {
  const sharp = await loadSharp();
  const image = sharp(bytes, { failOn: "warning", limitInputPixels: MAX_PIXELS, sequentialRead: true });
  const info = await image.metadata();
  const depth = /^u?char$/.test(info.depth) ? 8 : /^u?short$/.test(info.depth) ? 16 : 32;
  // sharp applies the ICC profile of 8-bit samples always, of 16-bit colour when it writes a profile, and of
  // 16-bit grey never: 16-bit grey is converted to 8 bits first.
  const greyProfile = info.space === "grey16" && info.icc !== undefined;
  const source = greyProfile ? sharp(await eightBits(image)) : image;
  let pipeline = source.autoOrient().toColourspace("srgb");
  if (depth > 8 && info.icc && !greyProfile) pipeline = pipeline.withIccProfile("srgb");
  const decoded = await pipeline.ensureAlpha().raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height } = decoded.info;
  const { buffer, byteOffset, byteLength } = decoded.data;
  const orientation = info.orientation ?? 1;
  const pages = info.pages ?? 1;
  const notes: string[] = [];
  if (depth > 8) notes.push(`samples of ${depth} bits read as 8`);
  if (pages > 1) notes.push(`first of ${pages} ${format === "tiff" ? "pages" : "frames"}`);
  if (!info.exif && format === "tiff" && tiffHasExif(bytes)) notes.push("EXIF dropped: it is not read from TIFF");
  if (info.iptc) notes.push("IPTC dropped: it is not carried over");
  return {
    data: new Uint8ClampedArray(buffer as ArrayBuffer, byteOffset, byteLength),
    width,
    height,
    orientationApplied: orientation !== 1,
    notes,
    metadata: {
      format,
      colourSpace: info.space,
      depth,
      hasAlpha: info.hasAlpha ?? false,
      orientation,
      pages,
      density: info.density,
      icc: info.icc,
      exif: info.exif,
      xmp: info.xmp?.toString("utf8"),
    },
  };
}

/** Converts to 8-bit samples and keeps profile and orientation. */
function eightBits(image: Sharp): Promise<Buffer> {
  return image.toColourspace("b-w").keepMetadata().png({ compressionLevel: 1 }).toBuffer();
}

export interface WriteImageOptions {
  /** Default: by the file name's extension. */
  readonly format?: ImageFormat;
  /** 1 to 100 for JPEG (default 92) and WebP (default 90). PNG and TIFF are lossless. */
  readonly quality?: number;
  /** Metadata to copy, from readImage(). */
  readonly metadata?: ImageMetadata;
  /** Default false: an existing file is an error. */
  readonly overwrite?: boolean;
}

export interface WrittenImage {
  readonly path: string;
  readonly format: ImageFormat;
  readonly bytes: number;
  /** Metadata that the file lacks, and why: "EXIF dropped: ...". */
  readonly notes: readonly string[];
}

/**
 * Writes sRGB pixels to a file atomically: under a temporary name in the same folder, then renamed. Attaches an sRGB
 * profile. EXIF (with upright orientation, without the thumbnail), XMP and density come from `metadata`; TIFF files get no
 * EXIF (see `notes`). Alpha is kept except in JPEG, where the picture is composited on white. Creates missing folders.
 * Throws ImageError, and InputError for a wrong quality.
 */
export async function writeImage(path: string, pixels: Pixels, options: WriteImageOptions = {}): Promise<WrittenImage> {
  const format = options.format ?? formatOfName(path);
  if (!format)
    throw new ImageError({
      where: path,
      expected: "a name ending in .jpg, .png, .webp or .tif",
      received: extname(path) || "no extension",
      hint: "Rename it, or give the format.",
    });
  if (pixels.data.length !== pixels.width * pixels.height * 4)
    throw new ImageError({
      where: path,
      expected: `${pixels.width} x ${pixels.height} x 4 bytes`,
      received: `${pixels.data.length}`,
      hint: "Give RGBA pixels.",
    });
  if (options.quality !== undefined) checkNumber(FILE_QUALITY, options.quality);
  if (!options.overwrite && (await exists(path))) throw alreadyThere(path);
  const { file, notes } = await encode(path, pixels, format, options);
  await placeFile(path, file, options.overwrite ?? false);
  return { path, format, bytes: file.length, notes };
}

async function encode(
  path: string,
  { data, width, height }: Pixels,
  format: ImageFormat,
  { quality, metadata }: WriteImageOptions,
): Promise<{ readonly file: Buffer; readonly notes: readonly string[] }> {
  const sharp = await loadSharp();
  let image: Sharp = sharp(Buffer.from(data.buffer, data.byteOffset, data.byteLength), {
    raw: { width, height, channels: 4 },
    limitInputPixels: false,
  });
  image = isTransparent(data) || (metadata?.hasAlpha && format !== "jpeg") ? image : image.removeAlpha();
  if (format === "jpeg") image = image.flatten({ background: "#fff" });
  image = image.withIccProfile("srgb");
  if (metadata?.density) image = image.withDensity(metadata.density);
  if (metadata?.xmp) image = image.withXmp(uprightXmp(metadata.xmp));
  const perMillimetre = metadata?.density ? { xres: metadata.density / 25.4, yres: metadata.density / 25.4 } : {};
  switch (format) {
    case "jpeg":
      // No chroma subsampling, because the colours are what colouring adds.
      image = image.jpeg({ quality: quality ?? 92, chromaSubsampling: "4:4:4" });
      break;
    case "png":
      image = image.png({ compressionLevel: 7 });
      break;
    case "webp":
      image = image.webp({ quality: quality ?? 90, smartSubsample: true });
      break;
    case "tiff":
      image = image.tiff({ compression: "deflate", predictor: "horizontal", ...perMillimetre });
      break;
    default:
      format satisfies never;
  }
  try {
    const file = await image.toBuffer();
    if (!metadata?.exif) return { file, notes: [] };
    const exif = exifForPixels(metadata.exif, width, height);
    if (!exif) return { file, notes: ["EXIF dropped: it is damaged"] };
    const whole = replaceExif(file, format, exif);
    if (whole !== file) return { file: whole, notes: [] };
    const reason = format === "tiff" ? "TIFF output does not take it" : `it does not fit into ${format.toUpperCase()}`;
    return { file, notes: [`EXIF dropped: ${reason}`] };
  } catch (cause) {
    throw new ImageError({
      where: path,
      expected: `a picture that ${format.toUpperCase()} can hold`,
      received: `${width} x ${height} (${message(cause)})`,
      hint: "Choose another format; WebP ends at 16,383 pixels a side, JPEG at 65,535.",
      cause,
    });
  }
}

function isTransparent(data: Uint8ClampedArray): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return true;
  return false;
}

/** Sets the orientation in XMP to 1, because the pixels are upright. */
function uprightXmp(xmp: string): string {
  return xmp.replace(/(tiff:Orientation(?:>|=["']))[1-8]/g, "$11");
}
