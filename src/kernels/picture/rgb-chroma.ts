/** Converts a picture in sRGB to a* and b*. */
import wgsl from "../../../shaders/picture/rgb-chroma.wgsl?raw";
import { requirePositive } from "../checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "../kernel";

interface RgbChromaParams {
  /** Samples of the picture, at least 1. */
  readonly count: number;
  /** The values of black and white. */
  readonly range: readonly [number, number];
  /** Storage type of the picture; a* and b* are f32. */
  readonly elem: Elem;
}

/** src: R, G, B [3, count] -> dst: f32 [2, count], a* and b*. Colours outside sRGB are clamped first. */
export const rgbChroma: Kernel<RgbChromaParams> = {
  name: "picture/rgb-chroma",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan({ count, range: [black, white], elem }) {
    requirePositive("rgb-chroma", { count });
    return {
      constants: { elem, BLACK: black, WHITE: white },
      runtime: { COUNT: count },
      grid: linearGrid(count),
      flops: 60 * count,
      bytes: 3 * count * elemBytes(elem) + 8 * count,
    };
  },
};
