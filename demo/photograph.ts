/** A picture file or address -> an <img> -> its pixels -> small copies, and whether it is in colour. */
import { UnreadableFile } from "./words";

/** The decoded picture. Throws UnreadableFile. */
export async function readImage(source: Blob | string, name: string): Promise<HTMLImageElement> {
  const address = typeof source === "string" ? source : URL.createObjectURL(source);
  const image = new Image();
  image.alt = name;
  image.src = address;
  try {
    await image.decode();
    return image;
  } catch (cause) {
    throw new UnreadableFile(name, { cause });
  } finally {
    if (typeof source !== "string") URL.revokeObjectURL(address);
  }
}

/** The pixels, upright; the caller closes them. Throws UnreadableFile: files that are cut off, and vector graphics without a size, fail only here. */
export async function pixelsOf(image: HTMLImageElement): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(image, { premultiplyAlpha: "none", imageOrientation: "from-image" });
  } catch (cause) {
    throw new UnreadableFile(image.alt, { cause });
  }
}

const THUMBNAIL = 160;

/** A copy with sides of at most THUMBNAIL pixels. */
async function smallCopy(picture: ImageBitmap | ImageData): Promise<OffscreenCanvas> {
  const scale = Math.min(1, THUMBNAIL / Math.max(picture.width, picture.height));
  const side = (length: number): number => Math.max(1, Math.round(length * scale));
  const size = { resizeWidth: side(picture.width), resizeHeight: side(picture.height) };
  const small = await createImageBitmap(picture, { ...size, resizeQuality: "medium" });
  const canvas = new OffscreenCanvas(small.width, small.height);
  canvas.getContext("2d", { willReadFrequently: true })!.drawImage(small, 0, 0);
  small.close();
  return canvas;
}

/** The address of a small copy, which the caller revokes. */
export async function thumbnailOf(picture: ImageBitmap | ImageData): Promise<string> {
  return URL.createObjectURL(await (await smallCopy(picture)).convertToBlob({ type: "image/jpeg", quality: 0.8 }));
}

/** Standard deviation of colours of one lightness, in levels of 0 to 255. Toned prints that were tried have up to 7. */
const IN_COLOUR = 9;
const LEVELS = 32;

/**
 * Whether a picture has colours of its own. In a grey picture and a toned print (sepia, cyanotype) all pixels of one lightness have one colour;
 * in a colour photograph they differ.
 */
export async function isInColour(picture: ImageBitmap): Promise<boolean> {
  const canvas = await smallCopy(picture);
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
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
