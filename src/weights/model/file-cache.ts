/** Stores files on this device by the browser's Cache API. */
import { readBody } from "./body";
import { integrityFault, type Expected } from "./integrity";

const CACHE_NAME = "colorize-canvas-1";

/** Bytes that are written to the cache at a time. */
const PIECE = 2 ** 20;

/** One entry of the Cache API. Failures of the cache count as a missing entry. */
export class FileCache {
  readonly #cache: Cache;
  readonly #key: string;
  readonly #address: string;

  private constructor(cache: Cache, key: string, address: string) {
    this.#cache = cache;
    this.#key = key;
    this.#address = address;
  }

  /** The entry of an address for one value of the parameter `query`, which is added to the address. Undefined where there is no cache. */
  static async open(address: string, query: string, value: string): Promise<FileCache | undefined> {
    if (typeof caches === "undefined") return undefined;
    try {
      const key = new URL(address, globalThis.location?.href);
      if (key.protocol !== "https:" && key.protocol !== "http:") return undefined;
      // The Cache API ignores fragments but not queries.
      key.searchParams.set(query, value);
      return new FileCache(await caches.open(CACHE_NAME), key.href, address);
    } catch {
      return undefined;
    }
  }

  /** Reads the entry; undefined where it is missing. Deletes a damaged entry. */
  async read(expected: Expected): Promise<Uint8Array | undefined> {
    try {
      const response = await this.#cache.match(this.#key);
      if (!response) return undefined;
      // arrayBuffer() would block the page for 0.1 s on 56 MB.
      const bytes = await readBody(response, this.#address, { bytes: expected.bytes }).catch(() => undefined);
      if (bytes && !(await integrityFault(bytes, expected, this.#address))) return bytes;
      await this.#cache.delete(this.#key);
    } catch {
      // Counts as a missing entry.
    }
    return undefined;
  }

  /** Reads the entry and deletes it; undefined where it is missing. */
  async take(): Promise<Uint8Array | undefined> {
    const bytes = await this.read({});
    if (bytes) await this.#cache.delete(this.#key).catch(() => undefined);
    return bytes;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#cache.put(this.#key, new Response(inPieces(bytes)));
    } catch {
      // Storage is full or switched off: the next visit downloads the file again.
    }
  }
}

/** A body that is copied piece by piece: one copy of 56 MB would block the page for 0.1 s. */
function inPieces(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < bytes.length) controller.enqueue(bytes.slice(at, (at += PIECE)));
      else controller.close();
    },
  });
}
