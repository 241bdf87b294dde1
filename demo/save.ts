/** The coloured picture as a file: what is in it, its format, and what the file says about itself. */
import { carryExif, carryProfile, markAsColorized, type ColorizeResult } from "../src/index";
import type { JpegJob } from "./jpeg-worker";
import { runWorker } from "./run-worker";

/**
 * "picture": in colour. "beside": the original and the picture side by side. "layer": the colours alone on grey, to lie over the photograph
 * in a picture editor, in the blend mode "Color".
 */
export type Content = "picture" | "beside" | "layer";

export interface SaveChoice {
  readonly content: Content;
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

/** `original` is the decoded photograph, `file` the visitor's own, whose EXIF and XMP stay where it is a JPEG, PNG or WebP file, as a page of TIFF is here. */
export async function encode(
  result: ColorizeResult,
  original: HTMLImageElement | undefined,
  file: Blob | undefined,
  { content, type, quality }: SaveChoice,
): Promise<Blob> {
  const picture =
    content === "picture" && type !== "image/jpeg"
      ? await result.blob(type, quality / 100) // keeps the colours under transparency
      : await encodeCanvas(canvasOf(result, original, content, type === "image/jpeg"), type, quality);
  if (type === "image/avif") return picture; // markAsColorized() does not know it
  const carried = file && content === "picture" ? await carryExif(file, picture, result) : picture;
  return markAsColorized(carried, file);
}

function canvasOf(
  result: ColorizeResult,
  original: HTMLImageElement | undefined,
  content: Content,
  opaque: boolean,
): HTMLCanvasElement {
  const { width, height } = result;
  const coloured = result.canvas();
  const beside = content === "beside" && original !== undefined;
  const canvas = Object.assign(document.createElement("canvas"), { width: beside ? 2 * width : width, height });
  const context = canvas.getContext("2d");
  if (!context) throw new Error(`no canvas of ${canvas.width} x ${height} pixels`);
  if (content === "layer") {
    context.fillStyle = "#808080";
    context.fillRect(0, 0, width, height);
    context.globalCompositeOperation = "color"; // hue and chroma of what is drawn, lightness of what is there
    context.drawImage(coloured, 0, 0);
    return canvas;
  }
  // JPEG has no transparency: the picture is laid on white.
  if (opaque) {
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, height);
  }
  if (beside) context.drawImage(original, 0, 0, width, height);
  context.drawImage(coloured, canvas.width - width, 0);
  return canvas;
}

async function encodeCanvas(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob> {
  if (type === "image/jpeg")
    try {
      return await encodeJpeg(canvas, quality);
    } catch (error) {
      console.warn("Saved with the browser's own encoder:", error);
    }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality / 100));
  if (blob?.type !== type) throw new Error(`no ${type} of ${canvas.width} x ${canvas.height} pixels`);
  return blob;
}

/** The encoder of the browser halves the resolution of colour (4:2:0 in Chromium); this one keeps it. */
async function encodeJpeg(canvas: HTMLCanvasElement, quality: number): Promise<Blob> {
  const worker = new Worker(new URL("./jpeg-worker.ts", import.meta.url), { type: "module" });
  const pixels = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
  const bytes = await runWorker<JpegJob, ArrayBuffer>(worker, { pixels, quality }, [pixels.data.buffer]);
  // Canvases are sRGB. Chromium writes that profile into its own files.
  const sample = new OffscreenCanvas(1, 1);
  sample.getContext("2d");
  const byBrowser = await sample.convertToBlob({ type: "image/jpeg" });
  return carryProfile(byBrowser, new Blob([bytes], { type: "image/jpeg" }));
}

/** "dir.name.png" -> "dir.name-colour.jpg". */
export function colouredName(name: string, { content, type }: Pick<SaveChoice, "content" | "type">): string {
  const what = { picture: "colour", beside: "both", layer: "layer" }[content];
  return `${name.replace(/\.[^.]*$/, "")}-${what}.${FORMATS[type]!.ending}`;
}

export function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
