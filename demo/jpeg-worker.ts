/** Encodes JPEG away from the page, which stays responsive. ImageData comes in, the file's bytes go out. */
import encode from "@jsquash/jpeg/encode.js";

async function answer(pixels: ImageData): Promise<void> {
  // No chroma subsampling, because the colours are what colouring adds. A progressive file would be 1% smaller and take twice as long.
  const resolution = { auto_subsample: false, chroma_subsample: 1 };
  const bytes = await encode(pixels, { quality: 92, ...resolution, baseline: true, progressive: false });
  postMessage(bytes, { transfer: [bytes] });
}

addEventListener("message", ({ data }: MessageEvent<ImageData>) => {
  answer(data).catch(reportError); // an "error" event for the page
});
