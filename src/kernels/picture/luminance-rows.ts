/** Converts an sRGB tile of a picture to L*, resampled along x. */
import wgsl from "../../../shaders/picture/luminance-rows.wgsl?raw";
import type { Kernel } from "../kernel";
import type { Size, Tile } from "../../base/size";
import { pictureGrid } from "./grid";

interface LuminanceRowsParams {
  /** Size of the whole picture in pixels. */
  readonly picture: Size;
  readonly tile: Tile;
  /** Samples along x after resampling. */
  readonly outWidth: number;
}

/**
 * src: texture [tile.height, tile.width] -> dst: f32 [tile.height, outWidth], L* in [0, 100].
 * One pipeline serves every picture. Outputs whose support lies in other tiles get 0.
 */
export const luminanceRows: Kernel<LuminanceRowsParams> = {
  name: "picture/luminance-rows",
  wgsl,
  bindings: { src: "texture", dst: "write" },
  plan({ picture, tile, outWidth }) {
    const taps = 2 * Math.max(1, picture.width / outWidth);
    return {
      constants: {},
      runtime: { PICTURE_W: picture.width, TILE_X: tile.x, TILE_W: tile.width, TILE_H: tile.height, OUT_W: outWidth },
      grid: pictureGrid("luminance-rows", { width: outWidth, height: tile.height }),
      flops: Math.round(20 * taps * outWidth * tile.height),
      bytes: 4 * tile.height * (tile.width + outWidth),
    };
  },
};
