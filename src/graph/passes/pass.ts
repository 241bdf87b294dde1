import type { Graph } from "../ir";
import type { Ops } from "../op";

/** A pure function from graph to graph, best the same one where it changes nothing; the driver verifies any other result. */
export interface Pass {
  readonly name: string;
  /** A generator that yields between nodes and returns the new graph. `ops`: definitions of the graph's ops. */
  run(graph: Graph, ops: Ops): Generator<undefined, Graph>;
}
