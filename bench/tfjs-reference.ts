/**
 * Runs a graph by tfjs ops in NHWC, like a model written in tfjs: batch norm is folded, bias and activation are fused into
 * convolutions where tfjs supports it, the embedding is tiled and concatenated, and upsampling is a separate op. Intermediate
 * tensors are disposed after their last use.
 */
import type * as Tf from "@tensorflow/tfjs-core";
import { importModel } from "../src/graph/import";
import type { Activation, Graph, Node, NodeFor, Pads } from "../src/graph/ir";
import { optimize } from "../src/graph/optimize";
import { cancelTransposes } from "../src/graph/passes/cancel-transposes";
import { dropDead } from "../src/graph/passes/drop-dead";
import { dropIdentities } from "../src/graph/passes/drop-identities";
import { foldAffine } from "../src/graph/passes/fold-affine";
import { foldConstants } from "../src/graph/passes/fold-constants";
import { fuseActivation } from "../src/graph/passes/fuse-activation";
import { decodeModel } from "../src/weights/onnx/decode";
import type { Contender } from "./contenders";
import type { SubjectCase } from "./subjects";
import { ENGINE } from "../src/session/engine";

export type TfModule = typeof Tf;
type Tensor = Tf.Tensor;

/** The passes that a tfjs author would do by hand, without this engine's algebraic optimisations. */
const PASSES = [
  foldConstants,
  dropIdentities,
  cancelTransposes,
  dropIdentities,
  foldAffine,
  foldConstants,
  fuseActivation,
  dropIdentities,
  dropDead,
];

export function referenceGraph({ name, bytes, shapes }: Pick<SubjectCase, "name" | "bytes" | "shapes">): Graph {
  return optimize(importModel(decodeModel(bytes, { label: name }), ENGINE, { inputShapes: shapes }), {
    ...ENGINE,
    passes: PASSES,
  });
}

/** A graph with uploaded constants. The first run throws for unsupported ops. */
export class TfjsNetwork {
  readonly #tf: TfModule;
  readonly #graph: Graph;
  readonly #constants: ReadonlyMap<string, Tensor>;
  /** Index of the node that reads a value last. */
  readonly #lastUse = new Map<string, number>();

  constructor(tf: TfModule, graph: Graph) {
    this.#tf = tf;
    this.#graph = graph;
    this.#constants = new Map(
      [...graph.constants].map(([name, { shape, data }]) => [name, tf.tensor(data, [...shape])]),
    );
    graph.nodes.forEach((node, i) => node.inputs.forEach((name) => this.#lastUse.set(name, i)));
    for (const { value } of graph.outputs) this.#lastUse.set(value, Infinity);
  }

  /** One output's elements, row-major. */
  async run(feeds: SubjectCase["feeds"], output: string): Promise<Float32Array> {
    const values = new Map<string, Tensor>();
    const value = (name: string): Tensor => values.get(name) ?? this.#constants.get(name)!;
    for (const { name, shape } of this.#graph.inputs) values.set(name, this.#tf.tensor(feeds[name]!.data, [...shape]));
    this.#graph.nodes.forEach((node, i) => {
      values.set(
        node.output,
        this.#tf.tidy(() => apply(this.#tf, node, node.inputs.map(value))),
      );
      for (const name of new Set(node.inputs)) {
        if (this.#lastUse.get(name) !== i) continue;
        values.get(name)?.dispose();
        values.delete(name);
      }
    });
    const result = await value(this.#graph.outputs.find(({ name }) => name === output)!.value).data<"float32">();
    for (const tensor of values.values()) tensor.dispose();
    return result;
  }

  dispose(): void {
    for (const tensor of this.#constants.values()) tensor.dispose();
  }
}

/** tfjs on its WebGPU backend. `load` imports it with a GPU in place. */
export function tfjs(load: () => Promise<TfModule>): Contender {
  return {
    name: "tfjs webgpu",
    elem: "f32",
    ours: false,
    async prepare(subject) {
      const network = new TfjsNetwork(await load(), referenceGraph(subject));
      return { run: () => network.run(subject.feeds, subject.output), dispose: () => network.dispose() };
    },
  };
}

function unsupported(node: Node, what: string): never {
  throw new Error(`tfjs reference: ${node.op} with ${what} (${node.output})`);
}

function apply(tf: TfModule, node: Node, [x, ...rest]: Tensor[]): Tensor {
  switch (node.op) {
    case "conv":
      return conv(tf, node, x as Tf.Tensor4D, rest);
    case "matmul":
      return activate(tf, node, node.attributes.activation, addBias(tf, tf.matMul(x!, rest[0]!), rest[1]));
    case "pool":
      return pool(tf, node, x as Tf.Tensor4D);
    case "reduce":
      return tf[node.attributes.fn](x!, [...node.attributes.axes], node.attributes.keepDims);
    case "unary":
      return activate(tf, node, node.attributes.activation, x!);
    case "binary":
      return activate(tf, node, node.attributes.activation, binary(tf, node, x!, rest[0]!));
    case "concat":
      return tf.concat([x!, ...rest], node.attributes.axis);
    case "slice":
      if (node.attributes.steps.some((step) => step !== 1)) unsupported(node, "steps");
      return tf.slice(x!, [...node.attributes.starts], [...node.shape]);
    case "pad": {
      const { mode, before, after, value } = node.attributes;
      if (mode !== "constant") unsupported(node, `mode ${mode}`);
      return tf.pad(
        x!,
        before.map((n, axis): [number, number] => [n, after[axis]!]),
        value,
      );
    }
    case "reshape":
      return tf.reshape(x!, [...node.shape]);
    case "transpose":
      return tf.transpose(x!, [...node.attributes.perm]);
    case "expand":
      return tf.broadcastTo(x!, [...node.shape] as Tf.ShapeMap[Tf.Rank.R4]);
    case "softmax":
      return tf.softmax(x!, node.attributes.axis);
    case "resize":
      return resize(tf, node, x as Tf.Tensor4D);
    default:
      return unsupported(node, "any attributes");
  }
}

function explicit([top, left, bottom, right]: Pads): [
  [number, number],
  [number, number],
  [number, number],
  [number, number],
] {
  return [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
}

function conv(tf: TfModule, node: NodeFor<"conv">, x: Tf.Tensor4D, [filter, bias, residual]: Tensor[]): Tensor {
  const { strides, pads, dilations, groups, activation, upsample, pool } = node.attributes;
  if (upsample || pool) unsupported(node, "upsampling or pooling");
  if (groups !== 1) unsupported(node, `${groups} groups`);
  const fused = !residual && (activation.fn === "relu" || activation.fn === "sigmoid") ? activation.fn : "linear";
  const y = tf.fused.conv2d({
    x,
    filter: filter as Tf.Tensor4D,
    strides: [...strides],
    pad: explicit(pads),
    dilations: [...dilations],
    dimRoundingMode: "floor",
    bias,
    activation: fused,
  });
  const sum = residual ? tf.add(y, residual) : y;
  return fused === activation.fn ? sum : activate(tf, node, activation, sum);
}

function pool(tf: TfModule, node: NodeFor<"pool">, x: Tf.Tensor4D): Tensor {
  const { kind, kernel, strides, pads, dilations, countIncludePad } = node.attributes;
  if (dilations.some((n) => n !== 1)) unsupported(node, "dilations");
  const padded = pads.some((n) => n > 0);
  if (kind === "average" && countIncludePad && padded) unsupported(node, "padding that counts");
  const of = kind === "max" ? tf.maxPool : tf.avgPool;
  return padded ? of(x, [...kernel], [...strides], explicit(pads), "floor") : of(x, [...kernel], [...strides], "valid");
}

function resize(tf: TfModule, node: NodeFor<"resize">, x: Tf.Tensor4D): Tensor {
  const { mode, coordinates, nearest } = node.attributes;
  const size: [number, number] = [node.shape[1]!, node.shape[2]!];
  if (mode === "nearest" && coordinates === "asymmetric" && nearest === "floor")
    return tf.image.resizeNearestNeighbor(x, size, false, false);
  if (mode === "linear" && coordinates === "half_pixel") return tf.image.resizeBilinear(x, size, false, true);
  return unsupported(node, `${mode}, ${coordinates}, ${nearest}`);
}

function addBias(tf: TfModule, x: Tensor, bias: Tensor | undefined): Tensor {
  return bias ? tf.add(x, bias) : x;
}

function binary(tf: TfModule, node: NodeFor<"binary">, a: Tensor, b: Tensor): Tensor {
  const { fn } = node.attributes;
  switch (fn) {
    case "min":
      return tf.minimum(a, b);
    case "max":
      return tf.maximum(a, b);
    case "lessOrEqual":
      return tf.cast(tf.lessEqual(a, b), "float32");
    case "mask":
      return tf.where(tf.notEqual(b, 0), a, 0);
    default: {
      const compute: (a: Tensor, b: Tensor) => Tensor = tf[fn];
      return tf.cast(compute(a, b), "float32");
    }
  }
}

function activate(tf: TfModule, node: Node, activation: Activation, x: Tensor): Tensor {
  switch (activation.fn) {
    case "identity":
      return tf.clone(x);
    case "leakyRelu":
      return tf.leakyRelu(x, activation.alpha);
    case "clip":
      return tf.clipByValue(x, activation.min, activation.max);
    case "gelu":
    case "geluTanh":
    case "elu":
    case "hardSigmoid":
      return unsupported(node, activation.fn);
    default:
      return tf[activation.fn](x);
  }
}
