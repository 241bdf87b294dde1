/** Matrix product with bias and activation, batched or with one right-hand matrix for all batches. */
import wgsl from "../../shaders/matmul.wgsl?raw";
import { KernelError } from "../base/errors";
import { activationConstants, type ActivationParams } from "./activation";
import { elemBytes, MAX_WORKGROUPS, type Elem, type Kernel } from "./kernel";

export interface MatmulParams {
  readonly batch: number;
  readonly rows: number;
  /** Columns of a, rows of b. */
  readonly inner: number;
  readonly columns: number;
  /** Whether b has no batch. */
  readonly sharedB: boolean;
  /** Whether b is a constant, packed as in the plan's `packing`; otherwise it is row-major. Needs sharedB. */
  readonly constantB: boolean;
  readonly bias: boolean;
  readonly activation: ActivationParams;
  readonly elem: Elem;
}

/** Invocations per workgroup. */
const INVOCATIONS = 64;
/** With fewer invocations in all than this, the invocations of a workgroup share each sum. */
const ENOUGH = 4096;

/** a [batch,M,K], b [batch or none,K,N], bias [N] -> dst [batch,M,N]. */
export const matmul: Kernel<MatmulParams> = {
  name: "matmul",
  wgsl,
  bindings: { a: "read", b: "read", bias: "read", dst: "write" },
  plan({ inner, columns, sharedB, constantB, bias, activation, elem, ...params }) {
    for (const [name, size] of Object.entries({ batch: params.batch, rows: params.rows, inner, columns }))
      if (!Number.isInteger(size) || size < 1)
        throw new KernelError("matmul", `${name} to be a positive integer`, `${size}`);
    if (constantB && !sharedB) throw new KernelError("matmul", "a constant b without batch", "one with batch");
    const [batch, rows] = sharedB ? [1, params.batch * params.rows] : [params.batch, params.rows];
    const columns4 = Math.ceil(columns / 4);
    const steps = Math.ceil(inner / 4);
    const rowTiles = Math.ceil(rows / 4);
    const tiles = batch * rowTiles;
    const split = tiles * columns4 < ENOUGH && steps >= 32;
    const splits = split ? 16 : 1;
    let workgroupX = INVOCATIONS / splits;
    while (workgroupX > 1 && columns4 <= workgroupX / 2) workgroupX /= 2;
    const workgroupY = INVOCATIONS / splits / workgroupX;
    const along = Math.ceil(tiles / workgroupY);
    const wraps = Math.ceil(along / MAX_WORKGROUPS);
    const weights = (sharedB ? 1 : batch) * inner * columns;
    return {
      constants: {
        ...activationConstants(activation),
        elem,
        SHARED_B: sharedB,
        SPLITS: splits,
        WORKGROUP_X: workgroupX,
        WORKGROUP_Y: workgroupY,
        INVOCATIONS,
      },
      runtime: {
        BATCH: batch,
        ROWS: rows,
        ROW_TILES: rowTiles,
        TERMS: inner,
        STEPS: steps,
        COLUMNS: columns,
        COLUMNS4: columns4,
      },
      flags: { VECTOR_A: inner % 4 === 0, VECTOR_B: constantB || columns % 4 === 0, BIAS: bias, SPLIT: split },
      grid: [Math.ceil(columns4 / workgroupX), Math.ceil(along / wraps), wraps],
      flops: 2 * batch * rows * inner * columns,
      bytes: elemBytes(elem) * (batch * rows * (inner + columns) + weights + (bias ? columns : 0)),
      ...(constantB
        ? {
            packing: {
              // Rows of b, each padded to a multiple of 4 columns.
              b: {
                layout: "conv2d",
                taps: 1,
                inChannels: inner,
                outChannels: columns,
                block: 4 * columns4,
                inBlock: 1,
              },
            },
          }
        : {}),
      unbound: bias ? [] : ["bias"],
    };
  },
};
