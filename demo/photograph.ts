/** A picture file or address -> an <img> and a small copy -> a thumbnail, and whether it is in colour. */
import type { RawImage } from "../src/index";
import type { Photo } from "./album";
import { runWorker } from "./run-worker";
import { smallImage, smallSize } from "./small-image";
import { MissingSample, UnreadableFile, type FileKind } from "./words";

/** The decoded picture. Throws UnreadableFile, or MissingSample for an address. */
export async function readImage(source: Blob | string, name: string): Promise<HTMLImageElement> {
  const address = typeof source === "string" ? source : URL.createObjectURL(source);
  const image = new Image();
  image.alt = name;
  image.src = address;
  try {
    await image.decode();
    return image;
  } catch (cause) {
    if (typeof source === "string") throw new MissingSample(name, { cause });
    throw new UnreadableFile(name, { cause, kind: await kindOf(source) });
  } finally {
    if (typeof source !== "string") URL.revokeObjectURL(address);
  }
}

/** What a file is by its first bytes, where it is no picture for a browser. */
async function kindOf(file: Blob): Promise<FileKind | undefined> {
  const start = await file
    .slice(0, 12)
    .arrayBuffer()
    .catch(() => new ArrayBuffer()); // it may be gone
  const text = String.fromCharCode(...new Uint8Array(start));
  if (/^....ftyp(hei|hev|mif1|msf1)/s.test(text)) return "HEIC";
  return text.startsWith("%PDF") ? "PDF" : undefined;
}

/** Whether browsers decode a file on any thread: not the address of a sample, and no vector graphics. */
function isPixelFile(source: Blob | string): source is Blob {
  return typeof source !== "string" && source.type !== "image/svg+xml";
}

/** What the networks read: the file itself where it can be decoded away from the page. Throws UnreadableFile. */
export async function readable({ source, name, image }: Photo): Promise<Blob | HTMLImageElement> {
  return isPixelFile(source) ? source : (image ?? readImage(source, name));
}

/** Most pixels of a picture that is made small on this thread: a worker takes longer to start. */
const FEW = 2 ** 21;
/** Pixels in a row and in a column of those whose mean is one of a small copy. */
const GRID = 4;

/** A small copy of a photograph, upright. Throws UnreadableFile: files that are cut off, and vector graphics without a size, fail only here. */
export async function smallCopy(photo: Photo): Promise<ImageData> {
  try {
    const { image } = photo;
    const few = image && image.naturalWidth * image.naturalHeight <= FEW;
    const picture = few ? image : await readable(photo);
    const here = picture instanceof HTMLImageElement || typeof Worker === "undefined";
    if (here) return smallImage(await createImageBitmap(picture));
    const worker = new Worker(new URL("./small-worker.ts", import.meta.url), { type: "module" });
    return await runWorker<Blob, ImageData>(worker, picture);
  } catch (cause) {
    throw new UnreadableFile(photo.name, { cause });
  }
}

/** A small copy of pixels: each of its own is the mean of 16 of those that it stands for, so that many pixels take no longer than few. */
export function smallPixels(picture: RawImage): ImageData {
  const small = smallSize(picture);
  const sums = new Float32Array(4 * small.width * small.height);
  const at = (i: number, small: number, full: number): number => Math.floor(((i + 0.5) / (GRID * small)) * full);
  for (let y = 0; y < GRID * small.height; y++)
    for (let x = 0; x < GRID * small.width; x++) {
      const from = 4 * (at(y, small.height, picture.height) * picture.width + at(x, small.width, picture.width));
      const to = 4 * (Math.floor(y / GRID) * small.width + Math.floor(x / GRID));
      for (let c = 0; c < 4; c++) sums[to + c]! += picture.data[from + c]!;
    }
  return new ImageData(
    Uint8ClampedArray.from(sums, (sum) => sum / GRID ** 2),
    small.width,
    small.height,
  );
}

/** A small copy as a file. */
export function thumbnailOf(small: ImageData): Promise<Blob> {
  const canvas = new OffscreenCanvas(small.width, small.height);
  canvas.getContext("2d")!.putImageData(small, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.8 });
}

/** Standard deviation of colours of one lightness, in levels of 0 to 255. Toned prints that were tried have up to 7. */
const IN_COLOUR = 9;
const LEVELS = 32;

/**
 * Whether a picture has colours of its own. In a grey picture and a toned print (sepia, cyanotype) all pixels of one lightness have one colour;
 * in a colour photograph they differ.
 */
export function isInColour({ data }: ImageData): boolean {
  // By level of lightness: the number of pixels, and the sums of R - G and of G - B.
  const count = new Float64Array(LEVELS);
  const sumX = new Float64Array(LEVELS);
  const sumY = new Float64Array(LEVELS);
  let squares = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b] = [data[i]!, data[i + 1]!, data[i + 2]!];
    const level = Math.floor(((0.299 * r + 0.587 * g + 0.114 * b) / 256) * LEVELS);
    count[level]!++;
    sumX[level]! += r - g;
    sumY[level]! += g - b;
    squares += (r - g) ** 2 + (g - b) ** 2;
  }
  for (let i = 0; i < LEVELS; i++) if (count[i]) squares -= (sumX[i]! ** 2 + sumY[i]! ** 2) / count[i]!;
  return squares / (data.length / 4) > IN_COLOUR ** 2;
}
