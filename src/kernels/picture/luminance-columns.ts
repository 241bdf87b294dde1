/** Resamples rows of L* along y, summed over the tiles of a picture. */
import wgsl from "../../../shaders/picture/luminance-columns.wgsl?raw";
import type { Kernel } from "../kernel";
import type { Size, Tile } from "../../base/size";
import { pictureGrid } from "./grid";

interface LuminanceColumnsParams {
  /** Size of the whole picture in pixels. */
  readonly picture: Size;
  readonly tile: Tile;
  /** Size of the result in samples. */
  readonly out: Size;
  /** Whether to add to dst; false for a picture's first tile, which overwrites dst. */
  readonly accumulate: boolean;
}

/** src: f32 [tile.height, out.width] -> dst: f32 [out.height, out.width], L* in [0, 100] after the last tile. */
export const luminanceColumns: Kernel<LuminanceColumnsParams> = {
  name: "picture/luminance-columns",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan({ picture, tile, out, accumulate }) {
    const taps = 2 * Math.max(1, picture.height / out.height);
    return {
      constants: {},
      runtime: {
        ...{ PICTURE_H: picture.height, TILE_Y: tile.y, TILE_H: tile.height, OUT_W: out.width, OUT_H: out.height },
        ACCUMULATE: Number(accumulate),
      },
      grid: pictureGrid("luminance-columns", out),
      flops: Math.round(5 * taps * out.width * out.height),
      bytes: 4 * out.width * (tile.height + out.height),
    };
  },
};
