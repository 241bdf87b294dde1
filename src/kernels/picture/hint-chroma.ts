/** Mixes the a* and b* of a network with those of the user's hints. */
import wgsl from "../../../shaders/picture/hint-chroma.wgsl?raw";
import { requirePositive } from "../checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "../kernel";

interface HintChromaParams {
  /** Samples of the map, at least 1. */
  readonly count: number;
  /** a* and b* per unit of src. */
  readonly chromaScale: number;
  /** Storage type of src; all else is f32. */
  readonly elem: Elem;
}

/** src: [2, count]; share: [count], 0 to 1; hints: a* and b* times the share, [2, count] -> dst: [2, count], a* and b*. */
export const hintChroma: Kernel<HintChromaParams> = {
  name: "picture/hint-chroma",
  wgsl,
  bindings: { src: "read", share: "read", hints: "read", dst: "write" },
  plan({ count, chromaScale, elem }) {
    requirePositive("hint-chroma", { count });
    return {
      constants: { elem },
      runtime: { COUNT: count, CHROMA_SCALE: chromaScale },
      grid: linearGrid(count),
      flops: 6 * count,
      bytes: count * (2 * elemBytes(elem) + 20),
    };
  },
};
