/** The type of an engine: one immutable value that is passed to import, passes, lowering and sessions. */
import type { ConvAlgorithm } from "../kernels/conv/algorithm";
import type { AnyKernel } from "../kernels/kernel";
import type { OpTable } from "./import/context";
import type { Ops } from "./op";
import type { Pass } from "./passes/pass";

export interface Engine {
  readonly ops: Ops;
  /** Importers of ONNX ops, by ONNX name. */
  readonly importers: OpTable;
  /** Passes in the order in which they run. */
  readonly passes: readonly Pass[];
  /** Kernels by the names that a program's steps use. */
  readonly kernels: Readonly<Record<string, AnyKernel>>;
  /** Algorithms of convolutions. */
  readonly convolutions: readonly ConvAlgorithm[];
}
