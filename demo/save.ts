/** The coloured picture as a file. */
import { carryExif } from "../src/index";
import type { ColorizeResult } from "../src/index";

/** The encoder of the browser halves the resolution of colour (4:2:0 in Chromium); this one keeps it. */
async function encodeJpeg(result: ColorizeResult): Promise<Blob> {
  const worker = new Worker(new URL("./jpeg-worker.ts", import.meta.url), { type: "module" });
  try {
    const pixels = onWhite(result);
    const bytes = await new Promise<ArrayBuffer>((resolve, reject) => {
      worker.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => resolve(data));
      worker.addEventListener("error", ({ message }) => reject(new Error(message || "the JPEG encoder did not load")));
      worker.postMessage(pixels, [pixels.data.buffer]);
    });
    return new Blob([bytes], { type: "image/jpeg" });
  } finally {
    worker.terminate();
  }
}

/** JPEG has no transparency: the picture is laid on white. */
function onWhite(result: ColorizeResult): ImageData {
  const { width, height } = result;
  const context = result.canvas().getContext("2d")!;
  context.globalCompositeOperation = "destination-over";
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

/** JPEG with colour at full resolution, and with the EXIF of `file` where that is a JPEG. */
export async function jpegOf(result: ColorizeResult, file: Blob | undefined): Promise<Blob> {
  const jpeg = await encodeJpeg(result).catch((error: unknown) => {
    console.warn("Saved with the browser's own encoder:", error);
    return result.blob("image/jpeg", 0.92);
  });
  return file ? carryExif(file, jpeg, result) : jpeg;
}

export function download(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
