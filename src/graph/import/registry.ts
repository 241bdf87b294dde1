/** ONNX op -> importer. */
import type { Importer } from "./context";
import { convOps } from "./ops/conv";
import { dequantizeOps } from "./ops/dequantize";
import { elementwiseOps } from "./ops/elementwise";
import { layoutOps } from "./ops/layout";
import { matrixOps } from "./ops/matrix";
import { poolingOps } from "./ops/pooling";
import { repeatPixelsOps } from "./ops/repeat-pixels";
import { shapeOps } from "./ops/shape";

/** Versions of the default operator set that importers know. */
export const OPSETS = { oldest: 7, newest: 22 } as const;

/** What shipped models are made of; addMoreOps() adds the rest of OP_FAMILIES. */
export const OPS = new Map<string, Importer>(
  Object.entries({
    ...convOps,
    ...poolingOps,
    ...matrixOps,
    ...elementwiseOps,
    ...shapeOps,
    ...layoutOps,
    ...repeatPixelsOps,
    ...dequantizeOps,
  }),
);
