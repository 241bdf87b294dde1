/** How near work comes to the roofs of bench/roof.ts. */

export interface Roof {
  /** Billions of f32 operations a second, a multiply-add counting two. */
  readonly gflops: number;
  /** Billions of bytes a second, read and written. */
  readonly gbytes: number;
}

/** Share of what the roofs allow for work of this many flops and bytes, 0 to about 1. */
export function shareOfRoof(roof: Roof, flops: number, bytes: number, milliseconds: number): number {
  const least = Math.max(flops / roof.gflops, bytes / roof.gbytes) / 1e6;
  return least / milliseconds;
}
