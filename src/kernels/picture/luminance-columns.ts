/** Rows of L* -> L* resampled along y, summed over the tiles of a picture. */
import wgsl from "../../../shaders/picture/luminance-columns.wgsl?raw";
import triangle from "../../../shaders/lib/triangle.wgsl?raw";
import type { Kernel } from "../kernel";
import { pictureGrid, type Size, type Tile } from "./tile";
import { uniformIntegers } from "../uniforms";

export interface LuminanceColumnsParams {
  /** The whole picture, pixels. */
  readonly picture: Size;
  readonly tile: Tile;
  /** The result, samples. */
  readonly out: Size;
  /** False for a picture's first tile, whose result replaces what dst holds. */
  readonly accumulate: boolean;
}

/** The shader's `params`. */
export function luminanceColumnsUniforms(params: LuminanceColumnsParams): Uint8Array<ArrayBuffer> {
  const { picture, tile, out, accumulate } = params;
  return uniformIntegers(picture.height, tile.y, tile.height, out.width, out.height, Number(accumulate));
}

/** src: f32 [tile.height, out.width] -> dst: f32 [out.height, out.width], L* in [0, 100] after the last tile. */
export const luminanceColumns: Kernel<LuminanceColumnsParams> = {
  name: "luminance-columns",
  wgsl,
  libs: [triangle],
  bindings: { src: "read", params: "uniform", dst: "write" },
  plan({ picture, tile, out }) {
    const taps = 2 * Math.max(1, picture.height / out.height);
    return {
      constants: {},
      grid: pictureGrid("luminance-columns", out),
      flops: Math.round(5 * taps * out.width * out.height),
      bytes: 4 * out.width * (tile.height + out.height),
    };
  },
};
