/** Small copies of pictures, on the page's thread and in workers. */
import type { Size } from "../src/index";

/** Most pixels of a side of a small copy. */
const SIDE = 160;

export function smallSize({ width, height }: Size): Size {
  const scale = Math.min(1, SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

/** A small copy of a decoded picture, which is closed. */
export function smallImage(picture: ImageBitmap): ImageData {
  const { width, height } = smallSize(picture);
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "medium";
  context.drawImage(picture, 0, 0, width, height);
  picture.close();
  return context.getImageData(0, 0, width, height);
}
