/** Compares measured times with the roofline of bench/roof.ts. */

export interface Roof {
  /** Peak of f32 arithmetic in GFLOP/s; a multiply-add counts as two. */
  readonly gflops: number;
  /** Peak of reads plus writes in GB/s, with tensors too large for most caches. */
  readonly gbytes: number;
  /** The same with tensors of CACHED_BYTES. */
  readonly cachedGbytes: number;
  /** Peak of f16 arithmetic in GFLOP/s, where the adapter supports f16. */
  readonly halfGflops?: number;
  /** Microseconds per nearly empty dispatch, in a pass of many dependent dispatches. */
  readonly dispatch?: number;
  /** Milliseconds of wall time from the submit of one such dispatch to its reported completion. */
  readonly roundTrip?: number;
}

/** Bytes read and written that fit in many caches. */
export const CACHED_BYTES = 8 * 2 ** 20;

/** The least time that the roofline allows for these flops and bytes, divided by the measured time: at most 1, apart from noise. */
export function shareOfRoof(roof: Roof, flops: number, bytes: number, milliseconds: number): number {
  const gbytes = bytes <= CACHED_BYTES ? Math.max(roof.gbytes, roof.cachedGbytes) : roof.gbytes;
  const least = Math.max(flops / roof.gflops, bytes / gbytes) / 1e6;
  return least / milliseconds;
}
