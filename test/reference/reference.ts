import type { NodeFor, OpName } from "../../src/graph/ir";
import type { Tensor } from "./tensor";

/** What an op computes, as plain loops. Each file of ops/ exports one as `reference`; interpret.ts finds it there. */
export interface Reference<K extends OpName> {
  readonly op: K;
  /** The node's value for these inputs. */
  compute(node: NodeFor<K>, operands: readonly Tensor[]): Tensor;
}
