/** Computes the size of the network's picture, and the tiles of a large picture. Pure arithmetic. */
import { InputError } from "../base/errors";
import type { Size, Tile } from "../base/size";

/** Pictures with a larger aspect ratio are squeezed to this one. */
const MAX_ASPECT = 16;

export interface WorkingSize {
  /** Size of the network's picture without padding. */
  readonly size: Size;
  /** Size with padding: both sides are multiples of the manifest's `multiple`. */
  readonly padded: Size;
}

/**
 * The working size of a picture: it has the picture's aspect ratio and the area of a square with side `size`, so that cost
 * and memory do not depend on the shape. Sides are at least `multiple`; aspect ratios are limited to 16:1.
 */
export function workingSize(picture: Size, size: number, multiple: number): WorkingSize {
  if (!Number.isInteger(size) || size < multiple)
    throw new InputError({
      where: "size",
      expected: `a whole number of at least ${multiple} pixels`,
      received: `${size}`,
    });
  const aspect = Math.min(Math.max(picture.width / picture.height, 1 / MAX_ASPECT), MAX_ASPECT);
  const width = Math.max(multiple, Math.round(size * Math.sqrt(aspect)));
  const height = Math.max(multiple, Math.round(size / Math.sqrt(aspect)));
  const up = (n: number): number => Math.ceil(n / multiple) * multiple;
  return { size: { width, height }, padded: { width: up(width), height: up(height) } };
}

/** The most pixels of a tile: 16 MiB of RGBA, so that texture, result and its copy stay small on every device. */
export const TILE_PIXELS = 4 * 1024 * 1024;

/** Rectangles that cover the picture once, none wider or higher than `maxSide` or with more than `maxPixels`. */
export function tilesOf(picture: Size, maxSide: number, maxPixels = TILE_PIXELS): Tile[] {
  const width = Math.min(picture.width, maxSide, maxPixels);
  const height = Math.min(picture.height, maxSide, Math.max(1, Math.floor(maxPixels / width)));
  const tiles: Tile[] = [];
  for (let y = 0; y < picture.height; y += height)
    for (let x = 0; x < picture.width; x += width)
      tiles.push({ x, y, width: Math.min(width, picture.width - x), height: Math.min(height, picture.height - y) });
  return tiles;
}
