/** Whether bytes are the ones that were published. */
import type { ErrorFacts } from "../errors";

/** What a manifest says of a file. */
export interface Expected {
  readonly bytes?: number;
  /** 64 hexadecimal digits. */
  readonly sha256?: string;
}

/** Lower-case hexadecimal SHA-256. Needs crypto.subtle: see hashingFault. */
export async function sha256Of(bytes: Uint8Array): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
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

/** What is wrong with `bytes`, in the terms of an error, or undefined when they are as expected. */
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
