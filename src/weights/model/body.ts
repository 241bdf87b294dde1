/** Reads the body of an HTTP response. */
import { DownloadError } from "../../base/errors";
import { Pacer } from "../../base/pacer";

interface BodyOptions {
  /** Size of the whole body, where known. */
  readonly bytes?: number;
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
}

/** Reads the body as it arrives. With a known size, reads into one buffer of that size. */
export async function readBody(response: Response, address: string, options: BodyOptions): Promise<Uint8Array> {
  const announced = announcedLength(response);
  const total = options.bytes ?? announced;
  const tooLong = (received: string): DownloadError =>
    new DownloadError({
      where: address,
      expected: `${options.bytes} bytes`,
      received,
      hint: "The address gives another version of the file, or an error page.",
    });
  if (options.bytes !== undefined && announced !== undefined && announced > options.bytes) {
    await response.body?.cancel();
    throw tooLong(`${announced} bytes`);
  }
  const sink = new Sink(options.bytes);
  const reader = response.body?.getReader();
  // Reading from a cache never waits, so the pacer adds pauses.
  const pacer = new Pacer();
  for (;;) {
    await pacer.pause();
    const chunk = await reader?.read();
    if (!chunk || chunk.done) break;
    if (!sink.push(chunk.value)) {
      await reader?.cancel();
      throw tooLong("more");
    }
    options.onProgress?.(sink.length, total);
  }
  const expected = options.bytes ?? announced;
  if (expected !== undefined && sink.length < expected) throw new Error(`${sink.length} of ${expected} bytes came`);
  options.onProgress?.(sink.length, total);
  return sink.bytes();
}

/** Content-Length, unless it counts compressed bytes. */
function announcedLength(response: Response): number | undefined {
  const text = response.headers.get("content-length");
  if (text === null || response.headers.has("content-encoding")) return undefined;
  const length = Number(text);
  return Number.isSafeInteger(length) ? length : undefined;
}

/** Collects bytes in order of arrival, in one buffer when the size is known. */
class Sink {
  length = 0;
  readonly #whole: Uint8Array | undefined;
  readonly #chunks: Uint8Array[] = [];

  constructor(size: number | undefined) {
    this.#whole = size === undefined ? undefined : new Uint8Array(size);
  }

  /** Returns false when the bytes exceed the known size. */
  push(chunk: Uint8Array): boolean {
    if (this.#whole && this.length + chunk.byteLength > this.#whole.byteLength) return false;
    if (this.#whole) this.#whole.set(chunk, this.length);
    else this.#chunks.push(chunk);
    this.length += chunk.byteLength;
    return true;
  }

  bytes(): Uint8Array {
    if (this.#whole) return this.#whole;
    const joined = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      joined.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return joined;
  }
}
