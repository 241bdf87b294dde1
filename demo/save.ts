/** The coloured picture as a file: what is in it, its format, and what the file says about itself. */
import { carryProfile, colouredName, contentFile, type ColorizeContent, type ColorizeResult } from "../src/index";
import type { JpegJob } from "./jpeg-worker";
import { runWorker } from "./run-worker";

export interface SaveChoice {
  readonly content: ColorizeContent;
  /** MIME type. */
  readonly type: string;
  /** Percent, for the types that have it. */
  readonly quality: number;
}

export const USUAL_CHOICE: SaveChoice = { content: "picture", type: "image/jpeg", quality: 92 };

/** What can be saved: the ending of names, the format's name, and whether it has a quality. */
export const FORMATS: Readonly<
  Record<string, { readonly ending: string; readonly name: string; readonly lossy: boolean }>
> = {
  "image/jpeg": { ending: "jpg", name: "JPEG", lossy: true },
  "image/png": { ending: "png", name: "PNG", lossy: false },
  "image/webp": { ending: "webp", name: "WebP", lossy: true },
  "image/avif": { ending: "avif", name: "AVIF", lossy: true },
};

/** The types of FORMATS that this browser encodes. For others, browsers give a PNG. */
export async function savableTypes(): Promise<string[]> {
  const types = Object.keys(FORMATS);
  const canvas = new OffscreenCanvas(1, 1);
  canvas.getContext("2d");
  const made = await Promise.all(types.map((type) => canvas.convertToBlob({ type }).catch(() => undefined)));
  return types.filter((type, i) => made[i]?.type === type);
}

/**
 * `original` is the decoded photograph, `file` the visitor's own, whose EXIF and XMP stay where it is a JPEG, PNG or WebP file, as a page of
 * TIFF is here.
 */
export function encode(
  result: ColorizeResult,
  original: HTMLImageElement | undefined,
  file: Blob | undefined,
  { content, type, quality }: SaveChoice,
): Promise<Blob> {
  return contentFile(result, {
    content,
    type,
    quality: quality / 100,
    original,
    photograph: file,
    encode: type === "image/jpeg" ? (canvas) => jpegOf(canvas, quality) : undefined,
  });
}

/** Undefined where the page's encoder does not load: then the browser's takes its place. */
async function jpegOf(canvas: HTMLCanvasElement, quality: number): Promise<Blob | undefined> {
  try {
    return await encodeJpeg(canvas, quality);
  } catch (error) {
    console.warn("Saved with the browser's own encoder:", error);
    return undefined;
  }
}

/** The encoder of the browser halves the resolution of colour (4:2:0 in Chromium); this one keeps it. */
async function encodeJpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  const pixels = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
  const worker = new Worker(new URL("./jpeg-worker.ts", import.meta.url), { type: "module" });
  const bytes = await runWorker<JpegJob, ArrayBuffer>(worker, { pixels, quality }, [pixels.data.buffer]);
  // Canvases are sRGB. Chromium writes that profile into its own files.
  const sample = new OffscreenCanvas(1, 1);
  sample.getContext("2d");
  const byBrowser = await sample.convertToBlob({ type: "image/jpeg" });
  return carryProfile(byBrowser, new Blob([bytes], { type: "image/jpeg" }));
}

/** "dir.name.png" -> "dir.name-colour.jpg". */
export function nameOf(photograph: string, { content, type }: Pick<SaveChoice, "content" | "type">): string {
  return colouredName(photograph, FORMATS[type]!.ending, content);
}
