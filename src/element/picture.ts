/** The photograph inside <colorize-canvas>. */
import { ImageError } from "../base/errors";
import { withheldPixels } from "../image/source";

/**
 * Shows the photograph at `src` and resolves when it is decoded. Throws the signal's reason or ImageError. A photograph of
 * another site without CORS is shown, but throws ImageError because its pixels are not readable.
 */
export async function loadOriginal(
  original: HTMLImageElement,
  src: string,
  signal: AbortSignal,
): Promise<HTMLImageElement> {
  original.hidden = false;
  original.crossOrigin = "anonymous"; // asks for readable pixels
  original.src = src;
  try {
    await original.decode();
  } catch (cause) {
    signal.throwIfAborted();
    throw await explainFailure(original, src, cause);
  }
  signal.throwIfAborted();
  return original;
}

/** Tries to show the photograph without CORS; returns the error to report. */
async function explainFailure(original: HTMLImageElement, src: string, cause: unknown): Promise<ImageError> {
  original.crossOrigin = null; // loads it once more
  try {
    await original.decode();
  } catch {
    return new ImageError({
      where: src,
      expected: "a photograph that this browser can read",
      received: "none",
      hint: "Check the address, and that the file is a picture.",
      cause,
    });
  }
  return withheldPixels(src, "one of another site without the header Access-Control-Allow-Origin", cause);
}
