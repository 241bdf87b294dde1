/** Encodes JPEG away from the page, which stays responsive. ImageData and a quality come in, the file's bytes go out. */
import encode from "@jsquash/jpeg/encode.js";
import { takeJob } from "./run-worker";

export interface JpegJob {
  readonly pixels: ImageData;
  /** 0 to 100. */
  readonly quality: number;
}

async function answer({ pixels, quality }: JpegJob): Promise<void> {
  // No chroma subsampling, because the colours are what colouring adds. A progressive file would be 1% smaller and take twice as long.
  const resolution = { auto_subsample: false, chroma_subsample: 1 };
  const bytes = await encode(pixels, { quality, ...resolution, baseline: true, progressive: false });
  postMessage(bytes, { transfer: [bytes] });
}

takeJob(answer);
