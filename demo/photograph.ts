/** A picture file or address -> an <img> and its pixels. */
import { UnreadableFile } from "./words";

export interface Photograph {
  readonly name: string;
  /** Decoded, for the page. */
  readonly image: HTMLImageElement;
  /** The pixels, upright. Whoever takes the photograph closes it. */
  readonly bitmap: ImageBitmap;
  /** The visitor's file; undefined for samples. */
  readonly file: Blob | undefined;
}

/** Throws UnreadableFile. */
export async function readPhotograph(source: Blob | string, name: string): Promise<Photograph> {
  const file = typeof source === "string" ? undefined : source;
  const address = typeof source === "string" ? source : URL.createObjectURL(source);
  const image = new Image();
  image.alt = name;
  image.src = address;
  try {
    await image.decode();
    // Files that are cut off, and vector graphics without a size, fail only here.
    const bitmap = await createImageBitmap(image, { premultiplyAlpha: "none", imageOrientation: "from-image" });
    return { name, image, bitmap, file };
  } catch (cause) {
    throw new UnreadableFile(name, { cause });
  } finally {
    if (file) URL.revokeObjectURL(address);
  }
}
