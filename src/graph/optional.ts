/** What optimize() does with graphs unlike those of shipped models: addMoreOps() puts it here. */
import type { Constant, Graph, Node } from "./ir";

interface Optional {
  /** evaluate() of evaluate.ts. Without it, what could have been folded is computed on the GPU. */
  evaluate(node: Node, inputs: readonly Constant[]): Constant | null;
  /** The pass of passes/fold-affine.ts. Without it, likewise. */
  foldAffine(graph: Graph): Graph;
  /** verify() of verify.ts. The graphs of shipped models are verified in tests. */
  verify(graph: Graph, stage?: string): void;
}

export const OPTIONAL: Partial<Optional> = {};
