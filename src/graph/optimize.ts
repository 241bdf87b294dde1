/** The list of passes that every graph goes through before lowering. */
import type { Graph, Pass } from "./ir";
import { OPTIONAL } from "./optional";
import { cancelTransposes } from "./passes/cancel-transposes";
import { dropDead } from "./passes/drop-dead";
import { dropIdentities } from "./passes/drop-identities";
import { foldConstants } from "./passes/fold-constants";
import { fuseActivation } from "./passes/fuse-activation";
import { fusePool } from "./passes/fuse-pool";
import { fuseResidual } from "./passes/fuse-residual";
import { mergeSiblings } from "./passes/merge-siblings";
import { splitTileConcat } from "./passes/split-tile-concat";
import { upsampleIntoConv } from "./passes/upsample-into-conv";

/** See passes/fold-affine.ts. */
const foldAffine: Pass = { name: "fold-affine", run: (graph) => OPTIONAL.foldAffine?.(graph) ?? graph };

/**
 * In order. The first round tidies what exporters write; then transposes meet and cancel, which brings operands
 * together; folding and fusing follow, an affine before the activation that would hide it.
 */
export const PASSES: readonly Pass[] = [
  foldConstants,
  dropIdentities,
  cancelTransposes,
  dropIdentities,
  foldAffine,
  splitTileConcat,
  foldConstants,
  fuseResidual,
  fuseActivation,
  upsampleIntoConv,
  fusePool,
  mergeSiblings,
  dropIdentities,
  dropDead,
];

export interface OptimizeOptions {
  /** Called after each pass with its result; a pass may run more than once. */
  readonly onPass?: (name: string, graph: Graph) => void;
  /** Other passes than PASSES. */
  readonly passes?: readonly Pass[];
}

/** Runs the passes and, after addMoreOps(), verifies the graph before and after each. Pure: `graph` is left as it is. */
export function optimize(graph: Graph, options: OptimizeOptions = {}): Graph {
  for (const next of optimizing(graph, options)) graph = next;
  return graph;
}

/** optimize() in steps: gives the graph after each pass. */
export function* optimizing(graph: Graph, { onPass, passes = PASSES }: OptimizeOptions): Generator<Graph> {
  OPTIONAL.verify?.(graph);
  for (const pass of passes) {
    graph = pass.run(graph);
    OPTIONAL.verify?.(graph, pass.name);
    onPass?.(pass.name, graph);
    yield graph;
  }
}
