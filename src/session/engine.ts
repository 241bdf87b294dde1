/** The engine as one value that lists its ops, importers, passes, kernels and algorithms. Pages, tools and tests use it. */
import type { Engine } from "../graph/engine";
import { composedOps } from "../graph/import/ops/composed";
import { constantOps } from "../graph/import/ops/constants";
import { convOps } from "../graph/import/ops/conv";
import { convTransposeOps } from "../graph/import/ops/conv-transpose";
import { cumSumOps } from "../graph/import/ops/cum-sum";
import { dequantizeOps } from "../graph/import/ops/dequantize";
import { einsumOps } from "../graph/import/ops/einsum";
import { elementwiseOps } from "../graph/import/ops/elementwise";
import { layoutOps } from "../graph/import/ops/layout";
import { logicOps } from "../graph/import/ops/logic";
import { matrixOps } from "../graph/import/ops/matrix";
import { normalizationOps } from "../graph/import/ops/normalization";
import { poolingOps } from "../graph/import/ops/pooling";
import { rearrangeOps } from "../graph/import/ops/rearrange";
import { reduceOps } from "../graph/import/ops/reduce";
import { resizeOps } from "../graph/import/ops/resize";
import { shapeOps } from "../graph/import/ops/shape";
import { kernelsOf, type Ops } from "../graph/op";
import { binary } from "../graph/ops/binary";
import { concat } from "../graph/ops/concat";
import { conv } from "../graph/ops/conv";
import { convTranspose } from "../graph/ops/conv-transpose";
import { cumSum } from "../graph/ops/cum-sum";
import { depthToSpace } from "../graph/ops/depth-to-space";
import { expand } from "../graph/ops/expand";
import { gather } from "../graph/ops/gather";
import { instanceNorm } from "../graph/ops/instance-norm";
import { layerNorm } from "../graph/ops/layer-norm";
import { matmul } from "../graph/ops/matmul";
import { pad } from "../graph/ops/pad";
import { pool } from "../graph/ops/pool";
import { reduce } from "../graph/ops/reduce";
import { reshape } from "../graph/ops/reshape";
import { resize } from "../graph/ops/resize";
import { slice } from "../graph/ops/slice";
import { softmax } from "../graph/ops/softmax";
import { spaceToDepth } from "../graph/ops/space-to-depth";
import { transpose } from "../graph/ops/transpose";
import { unary } from "../graph/ops/unary";
import { PASSES } from "../graph/passes/passes";
import { CONV_ALGORITHMS } from "../kernels/conv/algorithms";

const ops: Ops = {
  binary,
  concat,
  conv,
  convTranspose,
  cumSum,
  depthToSpace,
  expand,
  gather,
  instanceNorm,
  layerNorm,
  matmul,
  pad,
  pool,
  reduce,
  reshape,
  resize,
  slice,
  softmax,
  spaceToDepth,
  transpose,
  unary,
};

export const ENGINE: Engine = {
  ops,
  importers: {
    ...composedOps,
    ...constantOps,
    ...convOps,
    ...convTransposeOps,
    ...cumSumOps,
    ...dequantizeOps,
    ...einsumOps,
    ...elementwiseOps,
    ...layoutOps,
    ...logicOps,
    ...matrixOps,
    ...normalizationOps,
    ...poolingOps,
    ...rearrangeOps,
    ...reduceOps,
    ...resizeOps,
    ...shapeOps,
  },
  passes: PASSES,
  kernels: kernelsOf(ops),
  convolutions: CONV_ALGORITHMS,
};
