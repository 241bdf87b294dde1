/** Computes the mean of a distribution over cells of the a*b* plane. */
import wgsl from "../../../shaders/picture/cells-chroma.wgsl?raw";
import { KernelError } from "../../base/errors";
import { requirePositive } from "../checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "../kernel";

interface CellsChromaParams {
  /** Cells, at least 1. */
  readonly cells: number;
  /** Samples of the map, at least 1. */
  readonly count: number;
  /** Divisor of the scores before the softmax, above 0. */
  readonly temperature: number;
  /** Storage type of the scores; a* and b* are f32. */
  readonly elem: Elem;
}

/** src: scores [cells, count]; cells: f32 [cells, 2], a* and b* of the centres -> dst: f32 [2, count], a* and b*. */
export const cellsChroma: Kernel<CellsChromaParams> = {
  name: "picture/cells-chroma",
  wgsl,
  bindings: { src: "read", cells: "read", dst: "write" },
  plan({ cells, count, temperature, elem }) {
    requirePositive("cells-chroma", { cells, count });
    if (!(temperature > 0)) throw new KernelError("cells-chroma", "a temperature above 0", `${temperature}`);
    return {
      constants: { elem, CELLS: cells },
      runtime: { COUNT: count, TEMPERATURE: temperature },
      grid: linearGrid(count),
      flops: 8 * cells * count,
      bytes: cells * count * elemBytes(elem) + 8 * (cells + count),
    };
  },
};
