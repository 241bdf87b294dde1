/** Reads picture files: JPEG, PNG, WebP and TIFF, through sharp. */
import { open, readFile, stat, type FileHandle } from "node:fs/promises";
import type { Metadata, Sharp, SharpOptions } from "sharp";
import { ImageError, messageOf } from "../base/errors";
import { greyOf } from "./deep-colour";
import { deepSamples, type OpenPage } from "./deep-samples";
import {
  formatOfBytes,
  type DeepImage,
  type ImageFormat,
  type NodeImage,
  type PictureFile,
  type Pixels,
} from "./images";
import { notAFile, otherKind } from "./other-kinds";
import { loadSharp } from "./peer";
import { tiffExifReader } from "../image/tiff-exif";
import type { ReadBytes } from "../image/tiff-ifd";

/** 2^28 pixels, 1 GiB of RGBA: larger pictures are refused before they are decoded. */
const MAX_PIXELS = 2 ** 28;

/** Bytes at the start of a file that tell its format and, for PNG, the bits of a pixel. */
const HEAD = 26;

/** Samples of a pixel, by the colour type of a PNG file. */
const PNG_SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * The most pixels of a file's byte where the decoder takes memory for all pixels before it reads them. Deflate, in PNG files, makes at most 1032
 * bytes of one; a progressive JPEG file has at least one bit for a block of 8 x 8. What other formats announce costs nothing before it is there.
 * `start`: the first bytes of the file.
 */
function pixelsPerByte({ format, isProgressive }: Metadata, start: Buffer): number {
  if (format === "png") return (8 * 1032) / (start[24]! * (PNG_SAMPLES[start[25]!] ?? 1));
  return format === "jpeg" && isProgressive ? 8 * 64 : Infinity;
}

const FORMATS_TEXT = "a JPEG, PNG, WebP or TIFF picture";

/** The first line of an error's message. */
function message(cause: unknown): string {
  return messageOf(cause).split("\n")[0]!.trim();
}

/** Throws ImageError for whatever cannot be opened for reading as a file. */
async function openFile(path: string): Promise<FileHandle> {
  try {
    const received = notAFile(await stat(path));
    const hint = "Save the picture to a file first.";
    if (received) throw new ImageError({ where: path, expected: FORMATS_TEXT, received, hint });
    return await open(path);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code;
    const received = code === "ENOENT" ? "no such file" : (code ?? message(cause));
    const hint = code === "EACCES" ? "Check the file's permissions." : "Check the path.";
    throw new ImageError({ where: path, expected: "a readable file", received, hint, cause });
  }
}

/** Runs `work` on bytes of a file, which is open meanwhile, or of a buffer, and its size. */
async function withBytes<T>(source: string | Buffer, work: (read: ReadBytes, size: number) => Promise<T>): Promise<T> {
  if (typeof source !== "string")
    return work((at, length) => Promise.resolve(source.subarray(at, at + length)), source.length);
  const file = await openFile(source);
  try {
    const read: ReadBytes = async (at, length) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
      return buffer.subarray(0, bytesRead);
    };
    return await work(read, (await file.stat()).size);
  } finally {
    await file.close();
  }
}

/**
 * Reads a picture to upright 8-bit sRGB pixels: colours through the file's ICC profile, EXIF orientation applied,
 * 16-bit samples rounded to 8, grey and CMYK converted. Of several pages or frames, the first.
 * Throws ImageError for a missing, empty, truncated, unsupported or too large file.
 */
export async function readImage(path: string): Promise<NodeImage> {
  return firstPage(await openPicture(path, path));
}

/** readImage() for a file's bytes; `where` names the file in messages. */
export async function decodeImage(bytes: Buffer, where: string): Promise<NodeImage> {
  return firstPage(await openPicture(bytes, where));
}

async function firstPage(file: PictureFile): Promise<NodeImage> {
  const image = await file.read(0);
  return file.pages > 1 ? { ...image, notes: [...image.notes, firstOfPages(file)] } : image;
}

/** The note for a file of which one page is used. */
export function firstOfPages({ pages, format }: PictureFile): string {
  return `first of ${pages} ${format === "tiff" ? "pages" : "frames"}`;
}

/**
 * Opens a picture: the path of a file, which is then read page by page, or a file's bytes. `where` names it in messages.
 * Throws ImageError for a missing, empty, unsupported or damaged file.
 */
export async function openPicture(source: string | Buffer, where: string): Promise<PictureFile> {
  const { bytes, head } = await withBytes(source, async (read, size) => ({ bytes: size, head: await read(0, HEAD) }));
  const start = Buffer.concat([head], HEAD);
  if (bytes === 0)
    throw new ImageError({
      where,
      expected: FORMATS_TEXT,
      received: "an empty file (0 bytes)",
      hint: "Copy or download it again.",
    });
  const format = formatOfBytes(start);
  const other = otherKind(where, start);
  if (!format || other)
    throw new ImageError({
      where,
      expected: FORMATS_TEXT,
      received: other ? other.kind : `another kind of file (it starts with ${start.subarray(0, 4).toString("hex")})`,
      hint: other?.hint ?? "Convert it to one of these formats first.",
    });
  const explained = async <T>(work: () => Promise<T>, page = 0): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw cause instanceof ImageError ? cause : unreadable(where, format, page, cause);
    }
  };
  const sharp = await loadSharp();
  // libvips takes what is in brackets at the end of a path for options.
  const input = typeof source === "string" && source.endsWith("]") ? await readFile(source) : source;
  const image = (page: number, options?: SharpOptions): Sharp =>
    sharp(input, {
      failOn: "warning",
      limitInputPixels: MAX_PIXELS,
      sequentialRead: true,
      ...(page > 0 && { page }),
      ...options,
    });
  const pages = await explained(async () => (await image(0).metadata()).pages ?? 1);
  const exifOf = tiffExifReader();
  return {
    format,
    pages,
    bytes,
    read: (page, { deep = false } = {}) =>
      explained(async () => {
        const open: OpenPage = (options) => image(page, options);
        const info = await open().metadata();
        checkLength(info, start, bytes, where);
        const decoded = await decode(open, info, format, pages, deep);
        if (format !== "tiff") return decoded;
        try {
          const exif = await withBytes(source, (bytesOf) => exifOf(bytesOf, page));
          return { ...decoded, metadata: { ...decoded.metadata, exif } };
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          return { ...decoded, notes: [...decoded.notes, "EXIF dropped: it is damaged"] };
        }
      }, page),
  };
}

/** Throws ImageError for a file that is too short for its pixels, before memory for them is taken. */
function checkLength(info: Metadata, start: Buffer, bytes: number, where: string): void {
  const { width, height } = info;
  const shortest = Math.ceil((width * height) / pixelsPerByte(info, start));
  if (bytes < shortest && width * height <= MAX_PIXELS)
    throw new ImageError({
      where,
      expected: `at least ${shortest} bytes for ${width} x ${height} pixels`,
      received: `${bytes}`,
      hint: "The file is damaged: copy or download it again.",
    });
}

function unreadable(where: string, format: ImageFormat, page: number, cause: unknown): ImageError {
  const text = message(cause);
  const large = /pixel limit/i.test(text);
  return new ImageError({
    where: page > 0 ? `${where}, page ${page + 1}` : where,
    expected: large ? `at most ${MAX_PIXELS} pixels` : `a complete ${format.toUpperCase()} file`,
    received: large ? "a larger picture" : `a damaged or truncated one (${text})`,
    hint: large ? "Make it smaller first." : "Copy or download it again, or save it anew in another program.",
    cause,
  });
}

/** `open` starts a new reading of the page, which `info` describes. */
async function decode(
  open: OpenPage,
  info: Metadata,
  format: ImageFormat,
  pages: number,
  deep: boolean,
): Promise<DeepImage> {
  const depth = /^u?char$/.test(info.depth) ? 8 : /^u?short$/.test(info.depth) ? 16 : 32;
  const samples = deep && depth === 16 ? await deepSamples(open, info) : undefined;
  const { data, width, height } = samples
    ? greyOf(samples.samples, samples.width, samples.height)
    : await eightBitPixels(open(), info, depth);
  const orientation = info.orientation ?? 1;
  const notes: string[] = [];
  if (depth > 8 && !samples) notes.push(`samples of ${depth} bits read as 8`);
  if (info.iptc) notes.push("IPTC dropped: it is not carried over");
  return {
    data,
    width,
    height,
    ...(samples && { samples: samples.samples }),
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

async function eightBitPixels(image: Sharp, info: Metadata, depth: number): Promise<Pixels> {
  const sharp = await loadSharp();
  // sharp applies the ICC profile of 8-bit samples always, of 16-bit colour when it writes a profile, and of
  // 16-bit grey never: 16-bit grey is converted to 8 bits first.
  const greyProfile = info.space === "grey16" && info.icc !== undefined;
  const source = greyProfile ? sharp(await eightBits(image)) : image;
  let pipeline = source.autoOrient().toColourspace("srgb");
  if (depth > 8 && info.icc && !greyProfile) pipeline = pipeline.withIccProfile("srgb");
  const decoded = await pipeline.ensureAlpha().raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
  const { width, height } = decoded.info;
  const { buffer, byteOffset, byteLength } = decoded.data;
  return { data: new Uint8ClampedArray(buffer as ArrayBuffer, byteOffset, byteLength), width, height };
}

/** Converts to 8-bit samples and keeps profile and orientation. */
function eightBits(image: Sharp): Promise<Buffer> {
  return image.toColourspace("b-w").keepMetadata().png({ compressionLevel: 1 }).toBuffer();
}
