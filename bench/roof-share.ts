/** The share of the roofs of bench/roof.ts that work reaches. */

export interface Roof {
  /** Billions of f32 operations a second, a multiply-add counting two. */
  readonly gflops: number;
  /** Billions of bytes a second, read and written, of tensors too large for most caches. */
  readonly gbytes: number;
  /** The same for tensors of CACHED_BYTES. */
  readonly cachedGbytes: number;
  /** Billions of f16 operations a second, where the adapter has that type. */
  readonly halfGflops?: number;
  /** Microseconds per dispatch of almost no work, in a pass of many dependent dispatches. */
  readonly dispatch?: number;
  /** Milliseconds of wall time from the submit of one such dispatch to its reported completion. */
  readonly roundTrip?: number;
}

/** Bytes read and written that fit in many caches. */
export const CACHED_BYTES = 8 * 2 ** 20;

/** The time at the roofs for work of this many flops and bytes, divided by the measured time: at most about 1, apart from noise. */
export function shareOfRoof(roof: Roof, flops: number, bytes: number, milliseconds: number): number {
  const gbytes = bytes <= CACHED_BYTES ? Math.max(roof.gbytes, roof.cachedGbytes) : roof.gbytes;
  const least = Math.max(flops / roof.gflops, bytes / gbytes) / 1e6;
  return least / milliseconds;
}
