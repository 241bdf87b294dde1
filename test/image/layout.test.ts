import { describe, expect, it } from "vitest";
import { tilesOf, workingSize } from "../../src/image/layout";

describe("workingSize", () => {
  it("keeps the area of a square and the aspect ratio", () => {
    expect(workingSize({ width: 512, height: 512 }, 256, 8)).toEqual({
      size: { width: 256, height: 256 },
      padded: { width: 256, height: 256 },
    });
    expect(workingSize({ width: 3000, height: 2000 }, 256, 8)).toEqual({
      size: { width: 314, height: 209 },
      padded: { width: 320, height: 216 },
    });
  });

  it("is bounded for every aspect ratio", () => {
    for (const picture of [
      { width: 1, height: 5000 },
      { width: 65535, height: 1 },
      { width: 1, height: 1 },
    ]) {
      const { size, padded } = workingSize(picture, 256, 8);
      expect(Math.min(size.width, size.height)).toBeGreaterThanOrEqual(8);
      expect(padded.width * padded.height).toBeLessThanOrEqual(66000);
      expect([padded.width % 8, padded.height % 8]).toEqual([0, 0]);
    }
  });

  it("refuses a size below the network's multiple", () => {
    expect(() => workingSize({ width: 9, height: 9 }, 4, 8)).toThrow(/size: expected a whole number of at least 8/);
    expect(() => workingSize({ width: 9, height: 9 }, 99.5, 8)).toThrow(/received 99.5/);
  });
});

describe("tilesOf", () => {
  it("covers every pixel once within the bounds", () => {
    for (const [width, height, side, pixels] of [
      [9000, 30, 8192, 4194304],
      [17, 23, 5, 1000],
      [100, 100, 8192, 7],
      [1, 1, 8192, 1],
    ] as const) {
      const seen = new Uint8Array(width * height);
      for (const tile of tilesOf({ width, height }, side, pixels)) {
        expect(Math.max(tile.width, tile.height)).toBeLessThanOrEqual(side);
        expect(tile.width * tile.height).toBeLessThanOrEqual(pixels);
        for (let y = tile.y; y < tile.y + tile.height; y++)
          for (let x = tile.x; x < tile.x + tile.width; x++) seen[y * width + x]!++;
      }
      expect(seen.every((n) => n === 1)).toBe(true);
    }
  });
});
