/** Fits lines that give a* and b* by L*, around each sample of a network's chroma: a guided filter's coefficients. */
import wgsl from "../../../shaders/picture/guided-chroma.wgsl?raw";
import { elemBytes, type Elem, type Kernel } from "../kernel";
import type { Size } from "../../base/size";
import { pictureGrid } from "./grid";

interface GuidedChromaParams {
  /** Size of the network's output in samples, including padding. */
  readonly map: Size;
  /** Whole samples of the output's upper left part that covers the picture. */
  readonly covered: Size;
  /** a*, b* per unit of the network's output. */
  readonly chromaScale: number;
  /** Factor on a* and b*. */
  readonly saturation: number;
  /** Chroma, in units of a*b*, at which colours get half of that factor; 0: all get the whole of it. */
  readonly knee: number;
  /** What is added to b*, per unit of the chroma that saturation and knee give. Default 0. */
  readonly warmth?: number;
  /** Storage type of the network's output. */
  readonly elem: Elem;
}

/**
 * ab: [1, 2, map.height, map.width]; lightness: f32 [map.height, map.width], L* -> dst: f32 [2, covered.height, covered.width, 4]. The
 * first plane holds slopes of a* and b* and their intercepts, the second the least a* and b* and the most, between which recombine stays.
 */
export const guidedChroma: Kernel<GuidedChromaParams> = {
  name: "picture/guided-chroma",
  wgsl,
  bindings: { ab: "read", lightness: "read", dst: "write" },
  plan({ map, covered, chromaScale, saturation, knee, warmth = 0, elem }) {
    const count = covered.width * covered.height;
    return {
      constants: { elem },
      runtime: {
        ...{ MAP_W: covered.width, MAP_H: covered.height },
        ...{ ROW_STRIDE: map.width, PLANE_STRIDE: map.width * map.height },
        ...{ CHROMA_SCALE: chromaScale, SATURATION: saturation, KNEE: knee, WARMTH: warmth },
      },
      grid: pictureGrid("guided-chroma", covered),
      flops: 81 * 30 * count,
      bytes: (2 * elemBytes(elem) + 4) * map.width * map.height + 32 * count,
    };
  },
};
