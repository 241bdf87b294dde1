/** Parts of a list of photographs, so that several workers can share it. */
import { createHash } from "node:crypto";

export interface Shard {
  /** 1 to `count`. */
  readonly index: number;
  readonly count: number;
}

/**
 * Whether a path is of this part. It depends on the path alone, so it is the same on every machine and in every run: SHA-256
 * of the path with forward slashes, its first 48 bits modulo the number of parts.
 */
export function inShard(path: string, { index, count }: Shard): boolean {
  const digest = createHash("sha256").update(path.replaceAll("\\", "/").normalize("NFC")).digest();
  return digest.readUIntBE(0, 6) % count === index - 1;
}
