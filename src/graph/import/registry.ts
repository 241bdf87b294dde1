/** ONNX op -> importer. docs/ops.md is made from this table and tools/op-notes.ts. */
import type { Importer } from "./context";
import { constantOps } from "./ops/constants";
import { convOps } from "./ops/conv";
import { elementwiseOps } from "./ops/elementwise";
import { layoutOps } from "./ops/layout";
import { matrixOps } from "./ops/matrix";
import { normalizationOps } from "./ops/normalization";
import { poolingOps } from "./ops/pooling";
import { reduceOps } from "./ops/reduce";
import { resizeOps } from "./ops/resize";
import { shapeOps } from "./ops/shape";

/** Versions of the default operator set that importers know. */
export const OPSETS = { oldest: 7, newest: 22 } as const;

/** Families of ops, in the order of the documentation. */
export const OP_FAMILIES = {
  "Convolution and pooling": { ...convOps, ...poolingOps },
  "Matrix products": matrixOps,
  Elementwise: elementwiseOps,
  "Normalisation and softmax": normalizationOps,
  Reductions: reduceOps,
  "Shape and layout": { ...shapeOps, ...layoutOps, ...resizeOps },
  "Constants and arithmetic on constants": constantOps,
} as const;

export const OPS: ReadonlyMap<string, Importer> = new Map(
  Object.values(OP_FAMILIES).flatMap((table) => Object.entries(table)),
);
