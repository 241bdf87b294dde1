/** Decodes a picture and makes a small copy of it away from the page, which stays responsive. A SmallJob comes in, ImageData goes out. */

export interface SmallJob {
  readonly file: Blob;
  /** Most pixels of a side. */
  readonly side: number;
}

async function answer({ file, side }: SmallJob): Promise<void> {
  const picture = await createImageBitmap(file); // upright
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((length) => Math.max(1, Math.round(length * scale)));
  const context = new OffscreenCanvas(width!, height!).getContext("2d", { willReadFrequently: true })!;
  context.imageSmoothingQuality = "medium";
  context.drawImage(picture, 0, 0, width!, height!);
  postMessage(context.getImageData(0, 0, width!, height!));
}

addEventListener("message", ({ data }: MessageEvent<SmallJob>) => {
  answer(data).catch(reportError); // an "error" event for the page
});
