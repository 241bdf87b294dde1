/** All importers. docs/ops.md is made from this table and tools/op-notes.ts. */
import { composedOps } from "./ops/composed";
import { constantOps } from "./ops/constants";
import { convOps } from "./ops/conv";
import { convTransposeOps } from "./ops/conv-transpose";
import { dequantizeOps } from "./ops/dequantize";
import { elementwiseOps, rareElementwiseOps } from "./ops/elementwise";
import { layoutOps } from "./ops/layout";
import { matmulOps } from "./ops/matmul";
import { matrixOps } from "./ops/matrix";
import { normalizationOps } from "./ops/normalization";
import { poolingOps } from "./ops/pooling";
import { rearrangeOps } from "./ops/rearrange";
import { reduceOps } from "./ops/reduce";
import { reshapeOps } from "./ops/reshape";
import { resizeOps } from "./ops/resize";
import { shapeOps } from "./ops/shape";

/** Families of ops, in the order of the documentation. */
export const OP_FAMILIES = {
  "Convolution and pooling": { ...convOps, ...convTransposeOps, ...poolingOps },
  "Matrix products": { ...matrixOps, ...matmulOps },
  Elementwise: { ...elementwiseOps, ...rareElementwiseOps, ...composedOps },
  "Normalisation and softmax": normalizationOps,
  Reductions: reduceOps,
  "Shape and layout": { ...shapeOps, ...reshapeOps, ...layoutOps, ...rearrangeOps, ...resizeOps },
  "Constants and arithmetic on constants": { ...constantOps, ...dequantizeOps },
} as const;
