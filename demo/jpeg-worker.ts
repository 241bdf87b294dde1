/** Encodes JPEG away from the page, which stays responsive. ImageData and a quality come in, the file's bytes go out. */
import encode from "@jsquash/jpeg/encode.js";
import { jpegSegments } from "../src/image/exif";
import { joined } from "../src/image/picture-chunks";
import { takeJob } from "./run-worker";

export interface JpegJob {
  readonly pixels: ImageData;
  /** 0 to 100. */
  readonly quality: number;
}

async function answer({ pixels, quality }: JpegJob): Promise<void> {
  // No chroma subsampling, because the colours are what colouring adds. A progressive file would be 1% smaller and take twice as long.
  const resolution = { auto_subsample: false, chroma_subsample: 1 };
  const encoded = new Uint8Array(await encode(pixels, { quality, ...resolution, baseline: true, progressive: false }));
  const { segments, rest } = jpegSegments(encoded);
  const parts = [...segments.map(({ bytes }) => bytes), ...(await colourProfile())];
  const { buffer } = joined([encoded.subarray(0, 2), ...parts, rest]);
  postMessage(buffer, { transfer: [buffer] });
}

/** Application data 2 of a JPEG file, which has the ICC profile. */
const APP2 = 0xe2;

/** The segments with the ICC profile (sRGB) that the browser itself writes into a JPEG file of a canvas; none where it writes none. */
async function colourProfile(): Promise<Uint8Array[]> {
  const canvas = new OffscreenCanvas(1, 1);
  canvas.getContext("2d");
  const file = await canvas.convertToBlob({ type: "image/jpeg" });
  const { segments } = jpegSegments(new Uint8Array(await file.arrayBuffer()));
  return segments.filter(({ marker }) => marker === APP2).map(({ bytes }) => bytes);
}

takeJob(answer);
