/** Discs of a photograph at the size of a smaller picture of it. */
import type { Size } from "../base/size";

/** A disc in pixels of the photograph, from its upper left corner. */
export interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/**
 * Indices of the samples whose centres lie in a disc, and of the one that its centre lies in, which may be none. `step`: pixels of the photograph
 * to one sample; `size`: of the smaller picture.
 */
export function samplesOfDisc({ x, y, radius }: Disc, step: Size, size: Size): number[] {
  const samples: number[] = [];
  for (const row of within(y, radius, step.height, size.height))
    for (const column of within(x, radius, step.width, size.width)) {
      const distance = Math.hypot((column + 0.5) * step.width - x, (row + 0.5) * step.height - y);
      const centre = row === Math.floor(y / step.height) && column === Math.floor(x / step.width);
      if (distance <= radius || centre) samples.push(row * size.width + column);
    }
  return samples;
}

/** Indices of the samples along one side that may lie within a disc. */
function within(centre: number, radius: number, step: number, length: number): number[] {
  const first = Math.max(0, Math.floor((centre - radius) / step));
  const last = Math.min(length - 1, Math.floor((centre + radius) / step));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
