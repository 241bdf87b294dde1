/**
 * Runs the passes on seeded random graphs: graphs verify, results stay the same, and every pass changes some graphs.
 *
 * GRAPH_SEEDS=5000 tests more graphs, GRAPH_SEEDS=17-17 the single graph of a failure.
 */
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { sameShape, sizeOf, type Graph } from "../../../src/graph/ir";
import { lower } from "../../../src/graph/lower/lower";
import { dropLastUpsampling } from "../../../src/graph/passes/drop-last-upsampling";
import type { Pass } from "../../../src/graph/passes/pass";
import { runPass } from "../make";
import { sumGreyInput } from "../../../src/graph/passes/sum-grey-input";
import { optimize } from "../../../src/graph/optimize";
import { printGraph } from "../../../src/graph/print";
import { verify } from "../../../src/graph/verify";
import { ENGINE } from "../../../src/session/engine";
import { expectClose } from "../../shared/expect-close";
import { interpretAll } from "../../reference/interpret";
import { fill, flatOf, type Tensor } from "../../reference/tensor";
import { ACTIVATIONS, BINARIES, OTHERS, PATTERNS, randomGraph } from "./random-graph";

/** The passes in order: those for every graph, then those for the two networks of a colorizer. */
const ALL_PASSES: readonly Pass[] = [...ENGINE.passes, sumGreyInput("grey"), dropLastUpsampling];

const SEEDS = 400;
const [FIRST, LAST] = seeds(process.env["GRAPH_SEEDS"] ?? `${SEEDS}`);
/** Each pass must change at least this many graphs; of a pass with several entries, the most effective one counts. */
const LEAST = 15;

/** "300" is 1 to 300; "17-20" is 17 to 20. */
function seeds(text: string): [number, number] {
  const [, first, last] = /^(?:(\d+)-)?(\d+)$/.exec(text) ?? [];
  if (last === undefined) throw new Error(`GRAPH_SEEDS: expected a number of seeds or FIRST-LAST, received "${text}"`);
  return [Number(first ?? 1), Number(last)];
}

/** Interprets the graph; returns its outputs. An input from which a pass removed channels gets the first ones. */
function run(graph: Graph, inputs: Readonly<Record<string, Float32Array>>): Map<string, Tensor> {
  const fed = graph.inputs.map(({ name, shape }) => {
    const data = inputs[name]!;
    const [batch, part] = [shape[0] ?? 1, sizeOf(shape.slice(1))];
    return [name, data.filter((_, i) => i % (data.length / batch) < part)];
  });
  const values = interpretAll(graph, Object.fromEntries(fed) as Record<string, Float32Array>);
  return new Map(graph.outputs.map(({ name, value }) => [name, values.get(value)!]));
}

/** Repeats the tensor's elements along the axes to fill `shape`. */
function repeated(tensor: Tensor, shape: readonly number[]): Float32Array {
  const times = shape.map((n, axis) => n / tensor.shape[axis]!);
  const [along, across, ...others] = times.filter((n) => n !== 1);
  expect([across, others], "height and width repeated alike").toEqual([along, []]);
  const source = (index: number[]): number[] => index.map((at, axis) => Math.floor(at / times[axis]!));
  return fill(shape, (index) => tensor.data[flatOf(source(index), tensor.shape)]!).data;
}

function expectSame(actual: Map<string, Tensor>, expected: Map<string, Tensor>, mayShrink: boolean): void {
  expect([...actual.keys()]).toEqual([...expected.keys()]);
  for (const [name, { shape, data }] of expected) {
    const result = actual.get(name)!;
    if (!mayShrink) expect(result.shape, name).toEqual(shape);
    const values = sameShape(result.shape, shape) ? result.data : repeated(result, shape);
    expectClose(values, data, { abs: 4e-6, range: 8e-6 }, name);
  }
}

/** Number of nodes that compute. Excludes transposes and reshapes, because a second round may choose another layout of equal cost. */
function work(graph: Graph): number {
  return graph.nodes.filter(({ op }) => op !== "transpose" && op !== "reshape").length;
}

/** Names of outputs that no node writes: inputs and constants. */
function unwritten({ nodes, outputs }: Graph): string[] {
  const written = new Set(nodes.map(({ output }) => output));
  return outputs.flatMap(({ name, value }) => (written.has(value) ? [] : [name]));
}

const varies = ({ data }: Tensor): boolean => data.some((value) => Math.abs(value - data[0]!) > 1e-3);

it("passes keep the results of random graphs, and each pass changes some graphs", { timeout: 3_600_000 }, () => {
  /** Graphs that each entry of ALL_PASSES changed. */
  const changed = ALL_PASSES.map(() => 0);
  /** Names of patterns, activations and binary functions. */
  const seen = { patterns: new Set<string>(), fns: new Set<string>() };
  let outputs = 0;
  let constant = 0;
  for (let seed = FIRST; seed <= LAST; seed++) {
    let stage = "as made";
    let text = "";
    try {
      const { graph, inputs, patterns } = randomGraph(seed);
      text = printGraph(graph, ENGINE.ops);
      verify(graph, ENGINE.ops, "the generator");
      const expected = run(graph, inputs);
      for (const [name, { data }] of expected) expect(data.every(Number.isFinite), `${name} is finite`).toBe(true);
      let current = graph;
      for (const [i, pass] of ALL_PASSES.entries()) {
        stage = `after ${pass.name} (${i + 1} of ${ALL_PASSES.length})`;
        const before = printGraph(current, ENGINE.ops);
        const next = runPass(pass, current, ENGINE.ops);
        verify(next, ENGINE.ops, pass.name);
        expect(printGraph(current, ENGINE.ops), "a pass does not change its input").toBe(before);
        if (printGraph(next, ENGINE.ops) === before) continue;
        for (const name of unwritten(next)) expect(unwritten(graph), "outputs that no node writes").toContain(name);
        changed[i]!++;
        expectSame(run(next, inputs), expected, pass === dropLastUpsampling);
        current = next;
      }
      stage = "lowered";
      expect(lower(current, ENGINE, { elem: "f32" }).outputs.length).toBe(expected.size);
      stage = "optimized twice";
      const once = optimize(graph, ENGINE);
      expect(work(optimize(once, ENGINE)), "a second round adds no work").toBeLessThanOrEqual(work(once));

      patterns.forEach((name) => seen.patterns.add(name));
      graph.nodes.forEach((node) => {
        if (node.op === "unary") seen.fns.add(node.attributes.activation.fn);
        if (node.op === "binary") seen.fns.add(node.attributes.fn);
      });
      outputs += expected.size;
      constant += [...expected.values()].filter((tensor) => !varies(tensor)).length;
    } catch (error) {
      const { message } = error as Error;
      const again = `GRAPH_SEEDS=${seed}-${seed} repeats it on this graph:\n${text}`;
      throw new Error(`seed ${seed}, ${stage}: ${message}\n${again}`, { cause: error });
    }
  }

  // With fewer seeds, some patterns may be missing.
  if (FIRST === 1 && LAST >= SEEDS) {
    expect([...seen.patterns].sort(), "patterns").toEqual(Object.keys({ ...PATTERNS, ...OTHERS }).sort());
    expect([...seen.fns].sort(), "functions").toEqual(Object.keys({ ...ACTIVATIONS, ...BINARIES }).sort());
    expect(constant / outputs, "fraction of nearly constant outputs").toBeLessThan(0.1);
    const entries = ALL_PASSES.map(({ name }, i) => `${name} (${i + 1})`);
    const idle = entries.filter((_, i) => changed[i] === 0);
    expect(idle, "entries of ALL_PASSES that changed no graph").toEqual([]);
    const graphsOf = (pass: string): number => Math.max(...changed.filter((_, i) => ALL_PASSES[i]!.name === pass));
    const rare = ALL_PASSES.filter(({ name }) => graphsOf(name) < LEAST).map(
      ({ name }) => `${name}: ${graphsOf(name)}`,
    );
    expect(rare, `passes that changed fewer than ${LEAST} graphs: random-graph.ts lacks a pattern for them`).toEqual(
      [],
    );
  }
});

/** Passes that change what a graph computes, so that no random graph has them: each has a test of its own. */
const CHANGES_RESULTS = ["lead-output"];

it("every pass of the folder that keeps the results is tested here", () => {
  const files = readdirSync(new URL("../../../src/graph/passes", import.meta.url));
  const names = files.map((file) => file.replace(/\.ts$/, "")).filter((name) => name !== "pass" && name !== "passes");
  expect([...new Set(ALL_PASSES.map(({ name }) => name)), ...CHANGES_RESULTS].sort()).toEqual(names.sort());
});
