/** Checks the size and SHA-256 of files. */
import type { ErrorFacts } from "../../base/errors";
import { Pacer } from "../../base/pacer";
import { startWorker } from "../../base/start-worker";

/** A manifest's facts about a file. */
export interface Expected {
  readonly bytes?: number;
  /** 64 hexadecimal digits. */
  readonly sha256?: string;
}

/** From this many bytes on, a page hashes in a worker: browsers hash on the calling thread, and 56 MB take 0.1 s. */
const LARGE = 2 ** 21;
/** Bytes that are copied to the worker at a time. */
const PIECE = 2 ** 20;
/** Milliseconds after which this thread hashes instead: a browser may end a worker without an event. */
const PATIENCE = 10_000;

/** Computes the digest in a worker; rejects where the page may not start one. */
async function digestAside(bytes: Uint8Array): Promise<ArrayBuffer> {
  const worker = startWorker(() => new Worker(new URL("./hash-worker.ts", import.meta.url), { type: "module" }));
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    let end = bytes.length;
    const digest = new Promise<ArrayBuffer>((resolve, reject) => {
      worker.addEventListener("message", ({ data }) => (data ? resolve(data as ArrayBuffer) : reject()));
      worker.addEventListener("error", () => reject());
      timer = setTimeout(reject, PATIENCE);
    });
    digest.catch(() => (end = 0));
    const pacer = new Pacer();
    worker.postMessage(bytes.length, []);
    for (let at = 0; at < end; at += PIECE) {
      // Buffer.slice() would return a view, and transferring it would detach the whole file.
      const { buffer } = Uint8Array.prototype.slice.call(bytes, at, at + PIECE);
      worker.postMessage(buffer, [buffer]);
      await pacer.pause();
    }
    return await digest;
  } finally {
    clearTimeout(timer);
    worker.terminate();
  }
}

/** Lower-case hexadecimal SHA-256. Needs crypto.subtle: see hashingFault. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const here = (): Promise<ArrayBuffer> => crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  const aside = bytes.length >= LARGE && typeof Worker !== "undefined";
  const digest = await (aside ? digestAside(bytes).catch(here) : here());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Why hashes cannot be checked here, or undefined when they can. */
export function hashingFault(where: string): ErrorFacts | undefined {
  if ((globalThis.crypto as Crypto | undefined)?.subtle) return undefined;
  return {
    where,
    expected: "crypto.subtle, to check the file's SHA-256",
    received: "a page without it",
    hint: "Browsers offer it to secure pages only: serve the page over https, or from localhost.",
  };
}

/** The facts of an error for `bytes`; undefined when they match. */
export async function integrityFault(
  bytes: Uint8Array,
  expected: Expected,
  where: string,
): Promise<ErrorFacts | undefined> {
  if (expected.bytes !== undefined && bytes.byteLength !== expected.bytes)
    return {
      where,
      expected: `${expected.bytes} bytes`,
      received: `${bytes.byteLength} bytes`,
      hint: "The file is truncated, or another version of it than the manifest describes.",
    };
  if (expected.sha256 === undefined) return undefined;
  const unable = hashingFault(where);
  if (unable) return unable;
  const sha256 = await sha256Of(bytes);
  if (sha256 === expected.sha256.toLowerCase()) return undefined;
  return {
    where,
    expected: `SHA-256 ${expected.sha256.toLowerCase()}`,
    received: sha256,
    hint: "The file was changed or damaged on its way, or the manifest belongs to another version.",
  };
}
