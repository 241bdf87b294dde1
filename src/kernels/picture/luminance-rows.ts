/** sRGB tile of a picture -> L*, resampled along x. */
import wgsl from "../../../shaders/picture/luminance-rows.wgsl?raw";
import lab from "../../../shaders/lib/lab.wgsl?raw";
import triangle from "../../../shaders/lib/triangle.wgsl?raw";
import type { Kernel } from "../kernel";
import { pictureGrid, type Size, type Tile } from "./tile";
import { uniformIntegers } from "../uniforms";

export interface LuminanceRowsParams {
  /** The whole picture, pixels. */
  readonly picture: Size;
  readonly tile: Tile;
  /** Samples along x after resampling. */
  readonly outWidth: number;
}

/** The shader's `params`. */
export function luminanceRowsUniforms({ picture, tile, outWidth }: LuminanceRowsParams): Uint8Array<ArrayBuffer> {
  return uniformIntegers(picture.width, tile.x, tile.width, tile.height, outWidth);
}

/**
 * src: texture [tile.height, tile.width] -> dst: f32 [tile.height, outWidth], L* in [0, 100].
 * Sizes are uniforms, so one pipeline serves every picture. Outputs whose support lies in other tiles get 0.
 */
export const luminanceRows: Kernel<LuminanceRowsParams> = {
  name: "luminance-rows",
  wgsl,
  libs: [triangle, lab],
  bindings: { src: "texture", params: "uniform", dst: "write" },
  plan({ picture, tile, outWidth }) {
    const taps = 2 * Math.max(1, picture.width / outWidth);
    return {
      constants: {},
      grid: pictureGrid("luminance-rows", { width: outWidth, height: tile.height }),
      flops: Math.round(20 * taps * outWidth * tile.height),
      bytes: 4 * tile.height * (tile.width + outWidth),
    };
  },
};
