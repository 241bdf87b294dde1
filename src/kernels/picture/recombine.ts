/** Combines original luminance and predicted chroma to 8-bit sRGB, for one tile of a picture at full resolution. */
import wgsl from "../../../shaders/picture/recombine.wgsl?raw";
import type { Kernel } from "../kernel";
import type { Size, Tile } from "../../base/size";
import { pictureGrid } from "./grid";

export interface RecombineParams {
  /** Size of the whole picture in pixels. */
  readonly picture: Size;
  readonly tile: Tile;
  /** Size in samples of the part of the network's output that covers the picture; not always whole numbers. */
  readonly valid: Size;
}

/**
 * src: texture [tile.height, tile.width]; model: f32 [2, valid.height, valid.width, 4] of guidedChroma, sizes rounded up
 * -> dst: u32 [tile.height, tile.width], R, G, B, A from the low byte. Each pixel keeps the L* of src; where the colour is
 * outside sRGB, chroma is reduced. Alpha is copied.
 */
export const recombine: Kernel<RecombineParams> = {
  name: "picture/recombine",
  wgsl,
  bindings: { src: "texture", model: "read", dst: "write" },
  plan({ picture, tile, valid }) {
    const [width, height] = [Math.ceil(valid.width), Math.ceil(valid.height)];
    return {
      constants: {},
      runtime: {
        ...{ TILE_X: tile.x, TILE_Y: tile.y, TILE_W: tile.width, TILE_H: tile.height },
        ...{ MAP_W: width, MAP_H: height },
        ...{ SAMPLES_X: valid.width / picture.width, SAMPLES_Y: valid.height / picture.height },
      },
      grid: pictureGrid("recombine", tile),
      flops: 130 * tile.width * tile.height,
      bytes: 8 * tile.width * tile.height + 32 * width * height,
    };
  },
};
