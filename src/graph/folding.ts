/** Arithmetic on weights, of which models like the shipped ones have none left: addMoreOps() puts it here. */
import type { Constant, Graph, Node } from "./ir";

interface Folding {
  /** evaluate() of evaluate.ts. */
  evaluate(node: Node, inputs: readonly Constant[]): Constant | null;
  /** The pass of passes/fold-affine.ts. */
  foldAffine(graph: Graph): Graph;
}

/** Without it, graphs stay as they are: what could have been folded is computed on the GPU. */
export const FOLDING: Partial<Folding> = {};
