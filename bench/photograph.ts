/** The photographs that benches colour. */

export type Pixels = readonly [width: number, height: number];

/** A seeded synthetic photograph: grey bands with grain. Each seed gives another photograph, so caches cannot help. */
export function photograph(
  seed: number,
  [width, height]: Pixels,
): { data: Uint8ClampedArray; width: number; height: number } {
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 4) {
      const band = 90 * Math.sin((x + 37 * seed) / 83) * Math.cos((y - 11 * seed) / 131);
      data[i] = data[i + 1] = data[i + 2] = 128 + band + ((x * 31 + y * 17 + seed) % 13);
    }
  return { data, width, height };
}
