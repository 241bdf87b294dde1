/** Decodes and shrinks pictures, and draws strips and sheets of small pictures. */
import sharp, { type Sharp } from "sharp";
import type { Size } from "../../src/base/size";
import type { Pixels } from "../../src/node/images";
import { decodeImage } from "../../src/node/read-image";

function opaque({ data, width, height }: Pixels): Sharp {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return sharp(bytes, { raw: { width, height, channels: 4 } }).flatten({ background: "#fff" });
}

async function pixelsOf(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { buffer, byteOffset, byteLength } = data;
  return {
    data: new Uint8ClampedArray(buffer as ArrayBuffer, byteOffset, byteLength),
    width: info.width,
    height: info.height,
  };
}

/** Decodes a file to opaque 8-bit sRGB; transparent pictures are composited on white. Throws ImageError. */
export async function decodePicture(bytes: Buffer, where: string): Promise<Pixels> {
  const image = await decodeImage(bytes, where);
  return image.metadata.hasAlpha ? pixelsOf(opaque(image)) : image;
}

/** The size with this short side; smaller pictures keep theirs. */
export function shrunkSize({ width, height }: Size, shortSide: number): Size {
  const scale = Math.min(1, shortSide / Math.min(width, height));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/** Antialiased bicubic reduction (Catmull-Rom), on sRGB values. */
export async function resizePicture(picture: Pixels, { width, height }: Size): Promise<Pixels> {
  if (picture.width === width && picture.height === height) return picture;
  return pixelsOf(opaque(picture).resize(width, height, { fit: "fill", kernel: "cubic" }));
}

/** The side of a picture in a strip, and the gap between two. */
export const CELL = 144;
const GAP = 2;

/** Pictures beside each other, the centre square of each, as a WebP file. */
export async function stripOf(pictures: readonly Pixels[]): Promise<Buffer> {
  const cells = await Promise.all(
    pictures.map(async (picture, i) => ({
      input: await opaque(picture).resize(CELL, CELL, { fit: "cover" }).png({ compressionLevel: 1 }).toBuffer(),
      left: i * (CELL + GAP),
      top: 0,
    })),
  );
  const width = stripWidth(pictures.length);
  return sharp({ create: { width, height: CELL, channels: 3, background: "#fff" } })
    .composite(cells)
    .webp({ quality: 85 })
    .toBuffer();
}

export function stripWidth(pictures: number): number {
  return pictures * (CELL + GAP) - GAP;
}

/** Strips of equal width as one picture, about as wide as high. */
async function sheetOf(strips: readonly Buffer[]): Promise<Sharp> {
  const width = (await sharp(strips[0]!).metadata()).width;
  const [stepX, stepY] = [width + 12, CELL + 6];
  const columns = Math.max(1, Math.round(Math.sqrt((strips.length * stepY) / stepX)));
  const rows = Math.ceil(strips.length / columns);
  const size = { width: columns * stepX - 12, height: rows * stepY - 6 };
  return sharp({ create: { ...size, channels: 3, background: "#fff" } }).composite(
    strips.map((input, i) => ({ input, left: (i % columns) * stepX, top: Math.floor(i / columns) * stepY })),
  );
}

/** A contact sheet as PNG; at most 64 strips, spread over all. */
export async function contactSheet(strips: readonly Buffer[]): Promise<Buffer> {
  const step = Math.max(1, strips.length / 64);
  const count = Math.ceil(strips.length / step);
  const chosen = Array.from({ length: count }, (_, i) => strips[Math.floor(i * step)]!);
  return (await sheetOf(chosen)).png().toBuffer();
}

/** A contact sheet as JPEG of at most `bytes`, by lowering the quality; the smallest one when none fits. */
export async function smallSheet(strips: readonly Buffer[], bytes: number): Promise<Buffer> {
  const raw = await (await sheetOf(strips)).png({ compressionLevel: 1 }).toBuffer();
  let file = Buffer.alloc(0);
  for (const quality of [90, 80, 70, 55, 40, 25]) {
    file = await sharp(raw).jpeg({ quality, mozjpeg: true }).toBuffer();
    if (file.length <= bytes) break;
  }
  return file;
}
