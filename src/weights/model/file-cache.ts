/** Files kept on this device by the browser's Cache API. */
import { readBody } from "./body";
import { integrityFault, type Expected } from "./integrity";

const CACHE_NAME = "colorize-canvas-1";

/** Bytes that are handed to the cache at a time. */
const PIECE = 2 ** 20;

/** One entry of the Cache API. Every failure of the cache is as if it were empty. */
export class FileCache {
  readonly #cache: Cache;
  readonly #key: string;
  readonly #address: string;

  private constructor(cache: Cache, key: string, address: string) {
    this.#cache = cache;
    this.#key = key;
    this.#address = address;
  }

  /** An address has an entry for each value of `query`, a parameter that is added to it. Undefined where there is no cache. */
  static async open(address: string, query: string, value: string): Promise<FileCache | undefined> {
    if (typeof caches === "undefined") return undefined;
    try {
      const key = new URL(address, globalThis.location?.href);
      if (key.protocol !== "https:" && key.protocol !== "http:") return undefined;
      // Fragments do not count in the Cache API, queries do.
      key.searchParams.set(query, value);
      return new FileCache(await caches.open(CACHE_NAME), key.href, address);
    } catch {
      return undefined;
    }
  }

  /** A damaged entry is deleted. */
  async read(expected: Expected): Promise<Uint8Array | undefined> {
    try {
      const response = await this.#cache.match(this.#key);
      if (!response) return undefined;
      // Not arrayBuffer(), which keeps the page from answering for 0.1 s when it hands over 56 MB.
      const bytes = await readBody(response, this.#address, { bytes: expected.bytes }).catch(() => undefined);
      if (bytes && !(await integrityFault(bytes, expected, this.#address))) return bytes;
      await this.#cache.delete(this.#key);
    } catch {
      // As if it were not there.
    }
    return undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#cache.put(this.#key, new Response(inPieces(bytes)));
    } catch {
      // No room, or storage is switched off: the file is fetched again next time.
    }
  }
}

/** A body that is copied piece by piece: at once, 56 MB keep the page from answering for 0.1 s. */
function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += PIECE)));
      else controller.close();
    },
  });
}
