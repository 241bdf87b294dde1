/** How near work comes to the roofs of bench/roof.ts. */

export interface Roof {
  /** Billions of f32 operations a second, a multiply-add counting two. */
  readonly gflops: number;
  /** Billions of bytes a second, read and written, of tensors too large for most caches. */
  readonly gbytes: number;
  /** The same of CACHED_BYTES. */
  readonly cachedGbytes: number;
  /** Billions of f16 operations a second, where the adapter has that type. */
  readonly halfGflops?: number;
  /** Microseconds that one dispatch of next to nothing takes, in a pass of many that wait for each other. */
  readonly dispatch?: number;
  /** Milliseconds of wall time from one such dispatch's submit to the news that it is done. */
  readonly roundTrip?: number;
}

/** Bytes read and written that many caches hold. */
export const CACHED_BYTES = 8 * 2 ** 20;

/** Share of what the roofs allow for work of this many flops and bytes: about 1 at most, save for noise. */
export function shareOfRoof(roof: Roof, flops: number, bytes: number, milliseconds: number): number {
  const gbytes = bytes <= CACHED_BYTES ? Math.max(roof.gbytes, roof.cachedGbytes) : roof.gbytes;
  const least = Math.max(flops / roof.gflops, bytes / gbytes) / 1e6;
  return least / milliseconds;
}
