/** Combines original luminance and predicted chroma to 8-bit sRGB, for one tile of a picture at full resolution. */
import wgsl from "../../../shaders/picture/recombine.wgsl?raw";
import { elemBytes, type Elem, type Kernel } from "../kernel";
import { pictureGrid, type Size, type Tile } from "./tile";

export interface RecombineParams {
  /** Size of the whole picture in pixels. */
  readonly picture: Size;
  readonly tile: Tile;
  /** Size of the network's output in samples, including padding. */
  readonly map: Size;
  /** Size in samples of the output's upper left part that covers the picture; not always whole numbers. */
  readonly valid: Size;
  /** a*, b* per unit of the network's output, times saturation. */
  readonly chromaScale: number;
  readonly elem: Elem;
}

/**
 * src: texture [tile.height, tile.width]; ab: [1, 2, map.height, map.width] -> dst: u32 [tile.height,
 * tile.width], R, G, B, A from the low byte. Each pixel keeps the L* of src; where the colour is outside sRGB,
 * chroma is reduced. Alpha is copied.
 */
export const recombine: Kernel<RecombineParams> = {
  name: "picture/recombine",
  wgsl,
  bindings: { src: "texture", ab: "read", dst: "write" },
  plan({ picture, tile, valid, map, chromaScale, elem }) {
    return {
      constants: { elem },
      runtime: {
        ...{ TILE_X: tile.x, TILE_Y: tile.y, TILE_W: tile.width, TILE_H: tile.height },
        ...{ MAP_W: Math.ceil(valid.width), MAP_H: Math.ceil(valid.height) },
        ...{ ROW_STRIDE: map.width, PLANE_STRIDE: map.width * map.height },
        ...{ SAMPLES_X: valid.width / picture.width, SAMPLES_Y: valid.height / picture.height },
        CHROMA_SCALE: chromaScale,
      },
      grid: pictureGrid("recombine", tile),
      flops: 100 * tile.width * tile.height,
      bytes: 8 * tile.width * tile.height + 2 * map.width * map.height * elemBytes(elem),
    };
  },
};
