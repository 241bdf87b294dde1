/** Runs an engine's passes. */
import type { Engine } from "./engine";
import type { Graph } from "./ir";
import { verify } from "./verify";

/** The parts of an engine that optimize() needs. */
type Optimizer = Pick<Engine, "ops" | "passes">;

interface OptimizeOptions {
  /** Called after each pass with its result; a pass may run more than once. */
  readonly onPass?: (name: string, graph: Graph) => void;
}

/** Runs the passes and verifies the graph before and after each. Pure: `graph` is not changed. Throws GraphError. */
export function optimize(graph: Graph, engine: Optimizer, options: OptimizeOptions = {}): Graph {
  for (const next of optimizing(graph, engine, options)) graph = next;
  return graph;
}

/** optimize() in steps: yields the graph after each pass. */
export function* optimizing(
  graph: Graph,
  { ops, passes }: Optimizer,
  { onPass }: OptimizeOptions = {},
): Generator<Graph> {
  verify(graph, ops);
  for (const pass of passes) {
    const next = pass.run(graph, ops);
    if (next !== graph) verify(next, ops, pass.name);
    graph = next;
    onPass?.(pass.name, graph);
    yield graph;
  }
}
