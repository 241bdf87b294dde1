/** Downloads weight files: streams, checks, retries, goes on where it broke off, and stores them in the browser's cache. */
import { anyOf } from "../../base/abortable";
import { DownloadError } from "../../base/errors";
import { checkNumber, STALL_TIMEOUT } from "../../base/option-checks";
import { FileCache } from "./file-cache";
import { announcedLength, Arrived, readBody, WrongSize } from "./body";
import { hashingFault, integrityFault, type Expected } from "./integrity";

/** Milliseconds without a byte after which a download fails. */
const STALLED = 30_000;

/** Milliseconds between reports of a download that waits for bytes. */
const STILL_WAITING = 1000;

interface FetchOptions extends Expected {
  /** Called with bytes so far, bytes of the whole file where known, and whether they come from the cache; at least once, at the end. */
  readonly onProgress?: (loaded: number, total: number | undefined, fromCache?: boolean) => void;
  readonly signal?: AbortSignal;
  /** "default": the Cache API, where the browser has it and a sha256 is given. */
  readonly cache?: "default" | "none";
  /** What the reader of an error should do when there is no such file. */
  readonly missingHint?: string;
  /** Milliseconds before the first retry; the second waits three times as long. Default 400. */
  readonly retryDelay?: number;
  /** Milliseconds without a byte after which the download fails. Default 30,000. */
  readonly stallTimeout?: number | undefined;
  /** Most bytes of a file of unknown size. */
  readonly most?: number;
}

const RETRIES = 2;

/**
 * The bytes of `url`, checked against the expected size and SHA-256 when given. Retries twice after network errors and
 * responses with status 500 and above, but not after a stall. What came of a file with a SHA-256 is not asked for again: neither by a retry nor, where
 * there is a cache, by the next call. Throws DownloadError, or the signal's reason when aborted.
 */
export async function fetchFile(url: string | URL, options: FetchOptions = {}): Promise<Uint8Array> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const address = String(url);
  const unable = options.sha256 === undefined ? undefined : hashingFault(address);
  if (unable) throw new DownloadError(unable);
  const entry = async (query: string): Promise<FileCache | undefined> =>
    options.cache === "none" || options.sha256 === undefined
      ? undefined
      : FileCache.open(address, query, options.sha256.toLowerCase());
  const cache = await entry("colorize-canvas-sha256");
  const cached = await cache?.read(options);
  signal?.throwIfAborted();
  if (cached) {
    onProgress?.(cached.byteLength, cached.byteLength, true);
    return cached;
  }
  const part = await entry("colorize-canvas-part");
  const begun = await part?.take();
  const arrived = new Arrived(options.bytes);
  if (begun && begun.length < (options.bytes ?? Infinity)) arrived.push(begun);
  let bytes = await download(address, { ...options, arrived }, "default").catch(async (error: unknown) => {
    if (arrived.length > 0) await part?.write(arrived.bytes());
    if (error instanceof WrongSize && options.sha256 !== undefined) return undefined;
    throw error;
  });
  let fault = bytes && (await integrityFault(bytes, options, address));
  if (!bytes || (fault && options.sha256 !== undefined)) {
    // The browser's own HTTP cache may hold an older version under this address, and a part may be of one.
    bytes = await download(address, options, "reload");
    fault = await integrityFault(bytes, options, address);
  }
  if (fault) throw new DownloadError(fault);
  signal?.throwIfAborted();
  await cache?.write(bytes);
  return bytes;
}

/**
 * The newest version of a small file, parsed by `parse`. Tries the network first, without the HTTP cache, and falls back to
 * the version cached by an earlier visit. Files that `parse` refuses are not cached. Throws as fetchFile() and as `parse`.
 */
export async function fetchNewest<T>(
  url: string | URL,
  parse: (bytes: Uint8Array) => T,
  options: Pick<FetchOptions, "signal" | "missingHint" | "retryDelay" | "stallTimeout" | "most"> = {},
): Promise<T> {
  const address = String(url);
  const cache = await FileCache.open(address, "colorize-canvas-version", "newest");
  const bytes = await download(address, options, "no-cache", () => cache?.read({}));
  const parsed = parse(bytes);
  void cache?.write(bytes);
  return parsed;
}

/** Downloads what is not in `arrived`, with retries. `instead` is the fallback where the network fails. */
async function download(
  address: string,
  options: FetchOptions & { readonly arrived?: Arrived },
  cache: RequestCache,
  instead?: () => Promise<Uint8Array | undefined> | undefined,
): Promise<Uint8Array> {
  if (options.stallTimeout !== undefined) checkNumber(STALL_TIMEOUT, options.stallTimeout);
  const { arrived = new Arrived(options.bytes) } = options;
  for (let attempt = 0; ; attempt++) {
    try {
      return await downloadOnce(address, { ...options, arrived }, cache);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof TransientError)) {
        arrived.clear();
        throw error;
      }
      const other = await instead?.();
      if (other) return other;
      if (attempt === RETRIES || error.stalled) throw error.facts;
      await pause((options.retryDelay ?? 400) * 3 ** attempt, options.signal);
    }
  }
}

/** With what has arrived, whose rest is asked for. */
type Download = FetchOptions & { readonly arrived: Arrived };

/** An error worth a retry; `facts` describe the DownloadError after the last retry. */
class TransientError extends Error {
  constructor(
    readonly facts: DownloadError,
    /** The server kept the connection open without sending anything. */
    readonly stalled = false,
  ) {
    super(facts.message);
  }
}

/**
 * Aborts a request when no byte has come for `stallTimeout` milliseconds. While it waits, it reports the same bytes again: that it waits is
 * for `stallTimeout` to end, and not for the watchdog of the device.
 */
async function downloadOnce(address: string, options: Download, cache: RequestCache): Promise<Uint8Array> {
  const { signal, onProgress, stallTimeout = STALLED } = options;
  const stall = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(), Math.min(stallTimeout, 2 ** 31 - 1));
  };
  wait();
  let [loaded, total]: [number, number | undefined] = [options.arrived.length, options.bytes];
  const waiting = setInterval(() => onProgress?.(loaded, total), STILL_WAITING);
  try {
    const stops = anyOf(signal, stall.signal);
    return await receive(address, cache, stops, {
      ...options,
      onProgress(...now) {
        wait();
        [loaded, total] = now;
        onProgress?.(loaded, total);
      },
    });
  } catch (error) {
    if (!stall.signal.aborted) throw error;
    const hint = "Check the connection, and try again.";
    const received = `none in ${stallTimeout / 1000} s`;
    throw new TransientError(new DownloadError({ where: address, expected: "more bytes", received, hint }), true);
  } finally {
    clearTimeout(timer);
    clearInterval(waiting);
  }
}

async function receive(
  address: string,
  cache: RequestCache,
  signal: AbortSignal,
  options: Download,
): Promise<Uint8Array> {
  const { arrived } = options;
  const from = arrived.length;
  let response: Response;
  try {
    response = await fetch(address, { cache, signal, ...(from > 0 && { headers: { range: `bytes=${from}-` } }) });
  } catch (cause) {
    if (/^file:/i.test(address))
      throw new DownloadError({
        where: address,
        expected: "an http: or https: address",
        received: "a file: address, which fetch does not read",
        hint:
          "In Node, load models from disk with loadNodeColorizer() or folderReader() of colorize-canvas/node; " +
          `in a browser, open the page through a web server. ${options.missingHint ?? ""}`.trim(),
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
  if (response.status !== 206 && response.status < 500) arrived.clear(); // not the rest
  if (!response.ok) {
    await response.body?.cancel();
    const error = new DownloadError({
      where: address,
      expected: "HTTP 200",
      received: `HTTP ${response.status} ${response.statusText}`.trim(),
      hint:
        response.status === 404
          ? (options.missingHint ?? "Check the address; a model's files lie beside its model.json.")
          : undefined,
    });
    throw response.status >= 500 || from > 0 ? new TransientError(error) : error;
  }
  // A part is of use only where a hash tells whether the rest is of the same file, and where it is not of a compressed one.
  const announced = announcedLength(response, (options.bytes ?? 0) - arrived.length);
  const resumable = options.sha256 !== undefined && announced !== undefined;
  try {
    return await readBody(response, address, options);
  } catch (cause) {
    if (cause instanceof DownloadError) throw cause;
    if (!resumable) arrived.clear();
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

/** The text of an error; undici puts the useful part in `cause`. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
