/** Reads the body of an HTTP response. */
import { DownloadError } from "../../base/errors";
import { Pacer } from "../../base/pacer";

export interface BodyOptions {
  /** Size of the whole body, where known. */
  readonly bytes?: number | undefined;
  /** Most bytes of a body of unknown size. Default: 2 GiB. */
  readonly most?: number;
  /** What the reader of an error should do when a page comes instead of the file. Default: check the address. */
  readonly missingHint?: string;
  /** Called with bytes so far and bytes in all, where known: when bytes arrive, and at the end. */
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
  /** Takes the bytes, also where the connection breaks. The body follows what it has. Default: an empty one. */
  readonly arrived?: Arrived;
}

/** The error of a file that has another size: perhaps an older version, from the browser's HTTP cache. */
export class WrongSize extends DownloadError {}

/** Reads the body as it arrives. Takes memory in proportion to the bytes that came, whatever size is announced. */
export async function readBody(response: Response, address: string, options: BodyOptions): Promise<Uint8Array> {
  const { bytes, most = 2 ** 31 - 1, missingHint = "Check the address.", onProgress } = options;
  const arrived = options.arrived ?? new Arrived(bytes);
  const rest = announcedLength(response, (bytes ?? 0) - arrived.length);
  const announced = rest === undefined ? undefined : arrived.length + rest;
  const wrongSize = (received: string): WrongSize =>
    new WrongSize({
      where: address,
      expected: bytes === undefined ? `at most ${most} bytes` : `${bytes} bytes`,
      received,
      hint: "The address gives another version of the file, or another file.",
    });
  const reader = response.body?.getReader();
  try {
    // Reading from a cache never waits, so the pacer adds pauses.
    const pacer = new Pacer();
    for (;;) {
      await pacer.pause();
      const chunk = await reader?.read();
      if (!chunk || chunk.done) break;
      if (arrived.length === 0 && isPage(chunk.value))
        throw new DownloadError({
          where: address,
          expected: fileName(address),
          received: `an HTML page from ${address}`,
          hint: missingHint,
        });
      if (announced !== undefined && announced !== (bytes ?? Math.min(announced, most)))
        throw wrongSize(`${announced} bytes`);
      if (arrived.length + chunk.value.byteLength > (bytes ?? most)) throw wrongSize("more");
      arrived.push(chunk.value);
      onProgress?.(arrived.length, bytes ?? announced);
    }
  } catch (error) {
    void reader?.cancel().catch(() => undefined);
    throw error;
  }
  const expected = bytes ?? announced;
  if (expected !== undefined && arrived.length < expected)
    throw new Error(`${arrived.length} of ${expected} bytes came`);
  onProgress?.(arrived.length, expected);
  return arrived.bytes();
}

/** Whether a file begins as a web page does; neither JSON nor ONNX does. Servers of single-page applications answer unknown addresses with their page. */
function isPage(start: Uint8Array): boolean {
  return /^\ufeff?\s*</.test(new TextDecoder().decode(start.subarray(0, 100)));
}

/** The last part of an address's path. */
function fileName(address: string): string {
  return /([^/?#]*)(?:[?#].*)?$/s.exec(address)?.[1] || "a file";
}

/** Content-Length, unless it counts compressed bytes; of another site's response that shows only by a length below the expected one. */
export function announcedLength(response: Response, expected: number): number | undefined {
  const text = response.headers.get("content-length");
  if (text === null || response.headers.has("content-encoding")) return undefined;
  const length = Number(text);
  if (response.type === "cors" && length < expected) return undefined;
  return Number.isSafeInteger(length) ? length : undefined;
}

/** Collects bytes in order of arrival, in a buffer that grows with them up to the known size. */
export class Arrived {
  length = 0;
  readonly #size: number | undefined;
  #buffer = new Uint8Array(0);

  constructor(size: number | undefined) {
    this.#size = size;
  }

  clear(): void {
    this.length = 0;
  }

  push(chunk: Uint8Array): void {
    const needed = this.length + chunk.byteLength;
    if (needed > this.#buffer.byteLength) {
      const grown = new Uint8Array(this.#size === undefined ? 2 * needed : Math.min(this.#size, 8 * needed));
      grown.set(this.#buffer.subarray(0, this.length));
      this.#buffer = grown;
    }
    this.#buffer.set(chunk, this.length);
    this.length = needed;
  }

  bytes(): Uint8Array {
    return this.length === this.#buffer.byteLength ? this.#buffer : this.#buffer.slice(0, this.length);
  }
}
