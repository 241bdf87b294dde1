/** Fetching weight files: streamed, checked, retried, kept in the browser's cache. */
import { DownloadError } from "../errors";
import { Pacer } from "../pacer";
import { hashingFault, integrityFault, type Expected } from "./integrity";

export interface FetchOptions extends Expected {
  /** Bytes so far, and of the whole file where that is known. Called at least once, at the end. */
  readonly onProgress?: (loaded: number, total: number | undefined) => void;
  readonly signal?: AbortSignal;
  /** "default": the Cache API where there is one and a sha256 is given. */
  readonly cache?: "default" | "none";
  /** Milliseconds before the first retry; the second waits three times as long. Default 400. */
  readonly retryDelay?: number;
}

const CACHE_NAME = "colorize-canvas-1";
const RETRIES = 2;

/**
 * The bytes of `url`, with the expected size and SHA-256 when given. Network errors and answers of 500 and above are
 * tried twice again. Throws DownloadError, or the signal's reason when aborted.
 */
export async function fetchFile(url: string | URL, options: FetchOptions = {}): Promise<Uint8Array> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const address = String(url);
  const unable = options.sha256 === undefined ? undefined : hashingFault(address);
  if (unable) throw new DownloadError(unable);
  const cache = options.cache === "none" ? undefined : await FileCache.open(address, options.sha256);
  const cached = await cache?.read(options);
  signal?.throwIfAborted();
  if (cached) {
    onProgress?.(cached.byteLength, cached.byteLength);
    return cached;
  }
  let bytes = await download(address, options, "default");
  let fault = await integrityFault(bytes, options, address);
  if (fault && options.sha256 !== undefined) {
    // The browser's own HTTP cache may hold an older version under this address.
    bytes = await download(address, options, "reload");
    fault = await integrityFault(bytes, options, address);
  }
  if (fault) throw new DownloadError(fault);
  signal?.throwIfAborted();
  await cache?.write(bytes);
  return bytes;
}

async function download(address: string, options: FetchOptions, cache: RequestCache): Promise<Uint8Array> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await downloadOnce(address, options, cache);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof TransientError)) throw error;
      if (attempt === RETRIES) throw error.facts;
      await pause((options.retryDelay ?? 400) * 3 ** attempt, options.signal);
    }
  }
}

/** Worth another try; `facts` is what to throw in the end. */
class TransientError extends Error {
  constructor(readonly facts: DownloadError) {
    super(facts.message);
  }
}

async function downloadOnce(address: string, options: FetchOptions, cache: RequestCache): Promise<Uint8Array> {
  const { signal } = options;
  let response: Response;
  try {
    response = await fetch(address, { cache, ...(signal ? { signal } : {}) });
  } catch (cause) {
    if (/^file:/i.test(address))
      throw new DownloadError({
        where: address,
        expected: "an http: or https: address",
        received: "a file: address, which fetch does not read",
        hint:
          "In Node, load models from disk with loadNodeColorizer() or folderReader() of colorize-canvas/node; " +
          "in a browser, open the page through a web server.",
        cause,
      });
    throw new TransientError(
      new DownloadError({
        where: address,
        expected: "an answer",
        received: reason(cause),
        hint: "Check the address and the connection; files of another site must allow this page (CORS).",
        cause,
      }),
    );
  }
  if (!response.ok) {
    await response.body?.cancel();
    const error = new DownloadError({
      where: address,
      expected: "HTTP 200",
      received: `HTTP ${response.status} ${response.statusText}`.trim(),
      hint:
        response.status === 404
          ? "Check the address (option or attribute `model`), and that the model's files lie beside its model.json."
          : undefined,
    });
    throw response.status >= 500 ? new TransientError(error) : error;
  }
  try {
    return await readBody(response, address, options);
  } catch (cause) {
    if (cause instanceof DownloadError) throw cause;
    throw new TransientError(
      new DownloadError({
        where: address,
        expected: "the whole file",
        received: `a broken connection (${reason(cause)})`,
        hint: "Try again.",
        cause,
      }),
    );
  }
}

/** Reads the body as it arrives. With a known size, into one buffer of that size. */
async function readBody(response: Response, address: string, options: FetchOptions): Promise<Uint8Array> {
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
  // What comes out of a cache is there at once: reading it does not wait for anything.
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

/** Bytes in order of arrival, in one buffer when the size is known. */
class Sink {
  length = 0;
  private readonly whole: Uint8Array | undefined;
  private readonly chunks: Uint8Array[] = [];

  constructor(size: number | undefined) {
    this.whole = size === undefined ? undefined : new Uint8Array(size);
  }

  /** False when there are more bytes than the known size. */
  push(chunk: Uint8Array): boolean {
    if (this.whole && this.length + chunk.byteLength > this.whole.byteLength) return false;
    if (this.whole) this.whole.set(chunk, this.length);
    else this.chunks.push(chunk);
    this.length += chunk.byteLength;
    return true;
  }

  bytes(): Uint8Array {
    if (this.whole) return this.whole;
    const joined = new Uint8Array(this.length);
    let offset = 0;
    for (const chunk of this.chunks) {
      joined.set(chunk, offset);
      offset += chunk.byteLength;
    }
    return joined;
  }
}

/** Bytes that are handed to the cache at a time. */
const PIECE = 2 ** 20;

/** One entry of the Cache API. Every failure of the cache is as if it were empty. */
class FileCache {
  private constructor(
    private readonly cache: Cache,
    private readonly key: string,
    private readonly address: string,
  ) {}

  static async open(address: string, sha256: string | undefined): Promise<FileCache | undefined> {
    if (sha256 === undefined || typeof caches === "undefined") return undefined;
    try {
      const key = new URL(address, globalThis.location?.href);
      if (key.protocol !== "https:" && key.protocol !== "http:") return undefined;
      // Fragments do not count in the Cache API, queries do.
      key.searchParams.set("colorize-canvas-sha256", sha256.toLowerCase());
      return new FileCache(await caches.open(CACHE_NAME), key.href, address);
    } catch {
      return undefined;
    }
  }

  /** A damaged entry is deleted. */
  async read(expected: Expected): Promise<Uint8Array | undefined> {
    try {
      const response = await this.cache.match(this.key);
      if (!response) return undefined;
      // Not arrayBuffer(), which keeps the page from answering for 0.1 s when it hands over 56 MB.
      const bytes = await readBody(response, this.address, { bytes: expected.bytes }).catch(() => undefined);
      if (bytes && !(await integrityFault(bytes, expected, this.address))) return bytes;
      await this.cache.delete(this.key);
    } catch {
      // As if it were not there.
    }
    return undefined;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.cache.put(this.key, new Response(inPieces(bytes)));
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

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** undici puts the useful part in `cause`. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
