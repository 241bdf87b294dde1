import { finish } from "../../base/pacer";
import type { Graph } from "../ir";
import type { Ops } from "../op";

/** A pure function from graph to graph, best the same one where it changes nothing; the driver verifies any other result. */
export interface Pass {
  readonly name: string;
  /** The new graph, or a generator that yields between nodes and returns it. `ops`: definitions of the graph's ops. */
  run(graph: Graph, ops: Ops): Graph | Generator<undefined, Graph>;
}

/** Runs a pass without pauses. */
export function runPass(pass: Pass, graph: Graph, ops: Ops): Graph {
  const result = pass.run(graph, ops);
  return "next" in result ? finish(result) : result;
}
