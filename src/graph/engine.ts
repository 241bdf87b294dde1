/** What an engine can do, as one immutable value that is passed to import, passes, lowering and sessions. */
import type { ConvAlgorithm } from "../kernels/conv/algorithm";
import type { AnyKernel } from "../kernels/kernel";
import type { OpTable } from "./import/context";
import type { Ops } from "./op";
import type { Pass } from "./passes/pass";

export interface Engine {
  readonly ops: Ops;
  /** How ONNX ops become ops of the graph. */
  readonly importers: OpTable;
  /** In the order in which they run. */
  readonly passes: readonly Pass[];
  /** By the names that a program's steps have. */
  readonly kernels: Readonly<Record<string, AnyKernel>>;
  /** Algorithms of convolutions. */
  readonly convolutions: readonly ConvAlgorithm[];
}
