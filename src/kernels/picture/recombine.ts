/** Original luminance + predicted chroma -> 8-bit sRGB, for one tile of a picture at full resolution. */
import wgsl from "../../../shaders/picture/recombine.wgsl?raw";
import lab from "../../../shaders/lib/lab.wgsl?raw";
import { elemBytes, type Elem, type Kernel } from "../kernel";
import { pictureGrid, type Size, type Tile } from "./tile";
import { uniformBytes } from "../uniforms";

export interface RecombineParams {
  /** The whole picture, pixels. */
  readonly picture: Size;
  readonly tile: Tile;
  /** The network's output as stored, samples: padding included. */
  readonly map: Size;
  /** The part of it, from its upper left corner, that covers the picture; may end within a sample. */
  readonly valid: Size;
  /** a*, b* per unit of the network's output, times saturation. */
  readonly chromaScale: number;
  readonly elem: Elem;
}

/** The shader's `params`. */
export function recombineUniforms(params: RecombineParams): Uint8Array<ArrayBuffer> {
  const { picture, tile, valid, map, chromaScale } = params;
  return uniformBytes([
    { u32: tile.x },
    { u32: tile.y },
    { u32: tile.width },
    { u32: tile.height },
    { u32: Math.ceil(valid.width) },
    { u32: Math.ceil(valid.height) },
    { u32: map.width },
    { u32: map.width * map.height },
    { f32: valid.width / picture.width },
    { f32: valid.height / picture.height },
    { f32: chromaScale },
  ]);
}

/**
 * src: texture [tile.height, tile.width]; ab: [1, 2, map.height, map.width] -> dst: u32 [tile.height,
 * tile.width], R, G, B, A from the low byte. L* of each pixel is that of src; where sRGB does not have the
 * colour, chroma is reduced. Alpha is copied.
 */
export const recombine: Kernel<RecombineParams> = {
  name: "recombine",
  wgsl,
  libs: [lab],
  bindings: { src: "texture", params: "uniform", ab: "read", dst: "write" },
  plan({ tile, map, elem }) {
    return {
      constants: { elem },
      grid: pictureGrid("recombine", tile),
      flops: 100 * tile.width * tile.height,
      bytes: 8 * tile.width * tile.height + 2 * map.width * map.height * elemBytes(elem),
    };
  },
};
