/** Writes picture files in Node: JPEG, PNG, WebP and TIFF, through sharp. */
import { extname } from "node:path";
import { buffer } from "node:stream/consumers";
import { deflateSync } from "node:zlib";
import type { Sharp } from "sharp";
import { ImageError, messageOf } from "../base/errors";
import { checkNumber, FILE_QUALITY } from "../base/option-checks";
import { markedXmp, newMark, uprightXmp } from "../image/digital-source";
import { exifForPixels, putExif } from "../image/exif";
import { MAX_JPEG_XMP } from "../image/mark";
import { putPngChunk, putPngXmp } from "../image/picture-chunks";
import type { RawImage } from "../image/source";
import { formatOfName, type DeepPixels, type ImageFormat, type ImageMetadata } from "./images";
import { loadSharp } from "./peer";
import { alreadyThere, exists, placeFile } from "./place-file";
import { exifFields, joinTiff, type TiffPage } from "./tiff-pages";

export interface WriteImageOptions {
  /** Default: by the file name's extension. */
  readonly format?: ImageFormat;
  /** 1 to 100 for JPEG (default 92) and WebP (default 90). PNG and TIFF are lossless. */
  readonly quality?: number;
  /** Metadata to copy, from readImage(). */
  readonly metadata?: ImageMetadata;
  /** Default false: an existing file is an error. */
  readonly overwrite?: boolean;
  /** Whether to mark the picture as artificially coloured, in XMP: see digital-source.ts. Default false. */
  readonly mark?: boolean;
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
 * profile. EXIF (with upright orientation, without the thumbnail), XMP and density come from `metadata`. Alpha is kept except in JPEG, where the picture is composited on white. 16-bit pixels need PNG or TIFF.
 * Creates missing folders. Throws ImageError, and InputError for a wrong quality.
 */
export async function writeImage(
  path: string,
  pixels: RawImage | DeepPixels,
  options: WriteImageOptions = {},
): Promise<WrittenImage> {
  const format = options.format ?? formatOfName(path);
  if (!format)
    throw new ImageError({
      where: path,
      expected: "a name ending in .jpg, .png, .webp or .tif",
      received: extname(path) || "no extension",
      hint: "Rename it, or give the format.",
    });
  if (options.quality !== undefined) checkNumber(FILE_QUALITY, options.quality);
  if (!options.overwrite && (await exists(path))) throw alreadyThere(path);
  const encoded = await encodeImage(path, pixels, format, options);
  const file = await wholeFile(encoded, path);
  await placeFile(path, file, options);
  return { path, format, bytes: file.length, notes: encoded.notes };
}

/** The file of an encoded picture; `where` names it in messages. */
export async function wholeFile(encoded: EncodedImage, where: string): Promise<Buffer> {
  return encoded.icc || encoded.exif ? buffer(joinTiff([encoded], 1, where)) : encoded.file;
}

/** An encoded picture; with `icc` or `exif`, a TIFF file that joinTiff() completes. */
export interface EncodedImage extends TiffPage {
  readonly notes: readonly string[];
}

/** Encodes sRGB pixels as writeImage() does; `where` names the picture in messages. Throws ImageError. */
export async function encodeImage(
  where: string,
  pixels: RawImage | DeepPixels,
  format: ImageFormat,
  { quality, metadata, mark = false }: Omit<WriteImageOptions, "format" | "overwrite">,
): Promise<EncodedImage> {
  const { width, height } = pixels;
  checkPixels(where, pixels, format);
  const deep = pixels.data instanceof Uint16Array;
  const notes: string[] = [];
  let image = await imageOf(pixels, format, metadata);
  if (metadata?.density) image = image.withDensity(metadata.density);
  const xmp = xmpToWrite(metadata?.xmp, mark, format, notes);
  if (xmp !== undefined && format !== "png") image = image.withXmp(xmp);
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
    const encoded = await image.toBuffer();
    const file = format === "png" ? withPngChunks(encoded, deep ? await srgbProfile() : undefined, xmp) : encoded;
    const icc = deep && format === "tiff" ? await srgbProfile() : undefined;
    if (!metadata?.exif) return { file, icc, notes };
    const exif = exifForPixels(metadata.exif, width, height);
    const fields = exif && format === "tiff" ? await exifFields(exif) : undefined;
    if (fields) return { file, icc, exif: fields, notes };
    if (!exif || format === "tiff") return { file, icc, notes: [...notes, "EXIF dropped: it is damaged"] };
    // sharp writes single EXIF fields only, which would lose maker notes.
    const whole = putExif(file, exif);
    if (whole) return { file: asBuffer(whole), notes };
    return { file, notes: [...notes, `EXIF dropped: it does not fit into ${format.toUpperCase()}`] };
  } catch (cause) {
    throw new ImageError({
      where,
      expected: `a picture that ${format.toUpperCase()} can hold`,
      received: `${width} x ${height} (${messageOf(cause).split("\n")[0]!.trim()})`,
      hint: "Choose another format; WebP ends at 16,383 pixels a side, JPEG at 65,535.",
      cause,
    });
  }
}

function checkPixels(where: string, { data, width, height }: RawImage | DeepPixels, format: ImageFormat): void {
  const deep = data instanceof Uint16Array;
  const channels = data.length / (width * height);
  if (channels !== 4 && !(deep && channels === 3))
    throw new ImageError({
      where,
      expected: `${width} x ${height} x 4 ${deep ? "or 3 samples" : "bytes"}`,
      received: `${data.length}`,
      hint: "Give RGBA pixels.",
    });
  if (deep && format !== "png" && format !== "tiff")
    throw new ImageError({
      where,
      expected: "PNG or TIFF for samples of 16 bits",
      received: format.toUpperCase(),
      hint: "Choose another format, or give pixels of 8 bits.",
    });
}

/** The pixels as a picture to encode: with a profile where they have 8 bits, and without alpha where none is needed. */
async function imageOf(pixels: RawImage | DeepPixels, format: ImageFormat, metadata?: ImageMetadata): Promise<Sharp> {
  const sharp = await loadSharp();
  const { data, width, height } = pixels;
  if (data instanceof Uint16Array) {
    const channels = (data.length / (width * height)) as 3 | 4;
    // withIccProfile() would take 16-bit samples for Display P3 and convert them.
    return sharp(data, { raw: { width, height, channels }, limitInputPixels: false }).toColourspace("rgb16");
  }
  const raw = { width, height, channels: 4 } as const;
  let image = sharp(Buffer.from(data.buffer, data.byteOffset, data.byteLength), { raw, limitInputPixels: false });
  image = isTransparent(data) || (metadata?.hasAlpha && format !== "jpeg") ? image : image.removeAlpha();
  if (format === "jpeg") image = image.flatten({ background: "#fff" });
  return image.withIccProfile("srgb");
}

function isTransparent(data: RawImage["data"]): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return true;
  return false;
}

/** The XMP of a result: the photograph's, made upright, with the mark where wanted. Adds to `notes` what is lost. */
function xmpToWrite(
  given: string | undefined,
  mark: boolean,
  format: ImageFormat,
  notes: string[],
): string | undefined {
  const fits = (xmp: string): boolean => format !== "jpeg" || Buffer.byteLength(xmp) <= MAX_JPEG_XMP;
  if (given !== undefined) {
    const upright = uprightXmp(given);
    const xmp = mark ? markedXmp(upright) : upright;
    if (xmp !== undefined && fits(xmp)) return xmp;
    notes.push(`XMP dropped: it ${xmp === undefined ? "is damaged" : "does not fit into JPEG"}`);
  }
  return mark ? newMark() : undefined;
}

let profile: Promise<Buffer> | undefined;

/** The sRGB profile that sharp attaches to 8-bit pictures. */
function srgbProfile(): Promise<Buffer> {
  profile ??= loadSharp().then(async (sharp) => {
    const create = { width: 1, height: 1, channels: 3, background: "#fff" } as const;
    const { icc } = await sharp(await sharp({ create }).withIccProfile("srgb").png().toBuffer()).metadata();
    return icc!;
  });
  return profile;
}

/**
 * A PNG file with a profile and XMP. iCCP: the profile's name, a zero, compression method 0, the deflated profile. The XMP is text that is not
 * compressed (XMP part 3, 1.1.5); sharp compresses it.
 */
function withPngChunks(png: Buffer, icc: Uint8Array | undefined, xmp: string | undefined): Buffer {
  let file: Uint8Array = png;
  if (xmp) file = putPngXmp(file, xmp)!;
  if (icc) file = putPngChunk(file, "iCCP", Buffer.concat([Buffer.from("sRGB\0\0", "latin1"), deflateSync(icc)]))!;
  return asBuffer(file);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
