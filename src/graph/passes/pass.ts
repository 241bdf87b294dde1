import type { Graph } from "../ir";
import type { Ops } from "../op";

/** A pure function from graph to graph; the driver verifies its result. */
export interface Pass {
  readonly name: string;
  /** `ops`: definitions of the graph's ops. */
  run(graph: Graph, ops: Ops): Graph;
}
