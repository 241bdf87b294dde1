/** Makes a picture ready for a message to the worker. */
import type { ColorHint } from "../colorizer/hints";
import { checkKind, snapshot, type ColorizeSource } from "../image/source";

interface Sendable {
  readonly source: ColorizeSource;
  readonly transfer: Transferable[];
}

/**
 * The source as a message can hold it. A Blob is sent as it is, and the worker decodes it. Of elements, bitmaps and frames, a copy is
 * transferred, and of pixels too, so that the caller may go on using them. Of a large <img>, the file is sent where the browser still has it. Throws as openSource().
 */
export async function sendable(source: ColorizeSource): Promise<Sendable> {
  checkKind(source);
  if (source instanceof Blob) return { source, transfer: [] };
  if (typeof ImageData !== "undefined" && source instanceof ImageData) return { source, transfer: [] };
  if ("data" in source) {
    const { width, height } = source;
    if (!ArrayBuffer.isView(source.data)) return { source, transfer: [] }; // the worker says what is wrong
    const data = new Uint8ClampedArray(source.data);
    return { source: { data, width, height }, transfer: [data.buffer] };
  }
  if (typeof VideoFrame !== "undefined" && source instanceof VideoFrame) {
    const frame = source.clone();
    return { source: frame, transfer: [frame] };
  }
  const file = typeof HTMLImageElement !== "undefined" && source instanceof HTMLImageElement && (await fileOf(source));
  if (file) return { source: file, transfer: [] };
  const bitmap = await snapshot(source);
  return { source: bitmap, transfer: [bitmap] };
}

/** Options whose hints a message can hold: copies, because the reactive objects of frameworks cannot be cloned. The worker says what are no hints. */
export function sendableHints<T extends { readonly hints?: readonly ColorHint[] }>(options: T): T {
  const { hints } = options;
  if (!Array.isArray(hints)) return { ...options };
  const copy = (hint: ColorHint): ColorHint => ({
    ...hint,
    ...(Array.isArray(hint?.color) && { color: [...hint.color] as [number, number, number] }),
  });
  return { ...options, hints: hints.map(copy) };
}

/** Pixels of an <img> that may be decoded on the page's thread. */
const FEW = 2 ** 21;

/**
 * The file of a large <img> of this site, from the browser's cache: browsers decode pixels that a script reads on the page's thread. From the
 * server it might be another picture. Vector graphics can be decoded there alone.
 */
async function fileOf(image: HTMLImageElement): Promise<Blob | undefined> {
  try {
    await image.decode();
    const { currentSrc, naturalWidth, naturalHeight } = image;
    if (naturalWidth * naturalHeight <= FEW || !currentSrc.startsWith(`${location.origin}/`)) return undefined;
    const response = await fetch(currentSrc, { cache: "only-if-cached", mode: "same-origin" });
    const file = await response.blob();
    return file.type.startsWith("image/") && !file.type.startsWith("image/svg") ? file : undefined;
  } catch {
    return undefined; // not there any more; snapshot() says what is wrong with the <img>
  }
}
