/** Makes a picture ready for a message to the worker. */
import { checkKind, snapshot, type ColorizeSource } from "../image/source";

interface Sendable {
  readonly source: ColorizeSource;
  readonly transfer: Transferable[];
}

/**
 * The source as a message can hold it. A Blob is sent as it is, and the worker decodes it. Of elements, bitmaps and frames, a copy is
 * transferred, and of pixels too, so that the caller may go on using them. Throws as openSource().
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
  const bitmap = await snapshot(source);
  return { source: bitmap, transfer: [bitmap] };
}
