/** Imports a small model, interprets the graph and compares it with onnxruntime on the same bytes. */
import * as ort from "onnxruntime-node";
import { importModel, type ImportOptions } from "../../../src/graph/import/index";
import type { Graph, OpName } from "../../../src/graph/ir";
import { decodeModel } from "../../../src/weights/onnx/decode";
import { expectClose } from "../../shared/expect-close";
import { randoms } from "../../shared/randoms";
import { buildModel, type InitializerSpec, type ModelSpec, type NodeSpec } from "../../../tools/onnx-writer";
import { interpretAll } from "../../reference/interpret";
import { ENGINE } from "../../../src/session/engine";

/** A model in few words: names of weights map to [shape] of seeded random numbers or to a full tensor. */
export interface Sketch {
  readonly opset?: number;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly weights?: Readonly<Record<string, readonly number[] | InitializerSpec>>;
  readonly nodes: readonly NodeSpec[];
  /** Default: the outputs of the last node. */
  readonly outputs?: readonly string[];
  /** Range of the random inputs. Default -1 to 1. */
  readonly range?: readonly [number, number];
}

/** An int64 list, as shapes and axes are stored. */
export function int64s(data: readonly number[], shape: readonly number[] = [data.length]): InitializerSpec {
  return { name: "", dtype: "i64", shape, data };
}

export function floats(data: readonly number[], shape: readonly number[] = [data.length]): InitializerSpec {
  return { name: "", shape, data };
}

const count = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

function specOf(sketch: Sketch): ModelSpec {
  const weights = Object.entries(sketch.weights ?? {}).map(([name, weight], i): InitializerSpec => {
    if ("dtype" in weight || "data" in weight) return { ...weight, name };
    return { name, shape: weight, data: randoms(count(weight), 100 + i) };
  });
  const outputs = sketch.outputs ?? sketch.nodes.at(-1)!.outputs;
  return {
    opset: sketch.opset ?? 17,
    inputs: Object.entries(sketch.inputs).map(([name, shape]) => ({ name, shape })),
    outputs: outputs.map((name) => ({ name })),
    nodes: sketch.nodes,
    initializers: weights,
  };
}

export function importSketch(sketch: Sketch, options?: ImportOptions): Graph {
  return importModel(decodeModel(buildModel(specOf(sketch)), { label: "test model" }), ENGINE, options);
}

/**
 * Checks numbers and shapes of every output against onnxruntime's CPU provider; gives the imported graph.
 * Tolerance: both sum in f32 or better over few elements, so 1e-5 of the range covers the order of summation.
 */
export async function agree(sketch: Sketch, tolerance = 1e-5): Promise<Graph> {
  const bytes = buildModel(specOf(sketch));
  const graph = importModel(decodeModel(bytes, { label: "test model" }), ENGINE);
  const [low, high] = sketch.range ?? [-1, 1];
  const inputs = Object.fromEntries(
    Object.entries(sketch.inputs).map(([name, shape], i) => [name, randoms(count(shape), 7 + i, low, high)]),
  );
  const feeds = Object.fromEntries(
    Object.entries(sketch.inputs).map(([name, shape]) => [name, new ort.Tensor("float32", inputs[name]!, shape)]),
  );
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const expected = await session.run(feeds);
  const values = interpretAll(graph, inputs);
  for (const { name, value } of graph.outputs) {
    const actual = values.get(value)!;
    const wanted = expected[name]!;
    if (actual.shape.join() !== wanted.dims.join())
      throw new Error(`${name}: shape [${actual.shape.join(", ")}], onnxruntime gives [${wanted.dims.join(", ")}]`);
    const numbers = Array.from(wanted.data as ArrayLike<number | bigint>, Number);
    expectClose(actual.data, numbers, { range: tolerance, abs: 1e-6 }, name);
  }
  await session.release();
  return graph;
}

export function opsOf(graph: Graph): OpName[] {
  return graph.nodes.map(({ op }) => op);
}
