/** Random damage to models of every op: import gives a graph or one of the package's own errors, soon. */
import { expect, it } from "vitest";
import { EngineError } from "../../../src/base/errors";
import { importModel } from "../../../src/graph/import/index";
import type { OnnxAttribute, OnnxModel, OnnxNode, OnnxTensor } from "../../../src/weights/onnx/types";
import { randoms } from "../../shared/randoms";
import { encodeTensor } from "../../../tools/onnx-writer";
import { ENGINE } from "../../../src/session/engine";

const MODELS = 3000;

/** A seeded source of random choices. */
class Dice {
  readonly #numbers: Float32Array;
  #next = 0;
  constructor(seed: number) {
    this.#numbers = randoms(4096, seed, 0, 1);
  }
  below(limit: number): number {
    return Math.min(limit - 1, Math.floor(this.#numbers[this.#next++ % this.#numbers.length]! * limit));
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
  list<T>(longest: number, item: () => T): T[] {
    return Array.from({ length: this.below(longest + 1) }, item);
  }
}

const ATTRIBUTES =
  "axis axes perm kernel_shape strides pads dilations group auto_pad ceil_mode mode blocksize to keepdims split num_outputs starts ends value alpha epsilon num_groups output_shape output_padding count_include_pad transA scales start end allowzero training_mode coordinate_transformation_mode nearest_mode keep_aspect_ratio_policy".split(
    " ",
  );
const INTS = [-(2 ** 53) + 1, -7, -2, -1, 0, 0, 1, 1, 1, 2, 2, 3, 4, 6, 24, 1e9, 2 ** 53 - 1];
const FLOATS = [0, 1, -1, 0.5, 2, 1e-3, NaN, Infinity, -Infinity];
const WORDS = [
  "SAME_UPPER",
  "SAME_LOWER",
  "VALID",
  "nearest",
  "linear",
  "reflect",
  "edge",
  "CRD",
  "asymmetric",
  "floor",
  "?",
];

function tensorOf(dice: Dice, name: string): OnnxTensor {
  const shape = dice.pick([
    [],
    [1],
    [2],
    [3],
    [4],
    [0],
    [2, 3],
    [3, 2, 1, 1],
    [2, 2, 3, 3],
    [4, 1, 2, 2],
    [1, 3, 4, 4],
  ]);
  const dtype = dice.pick(["f32", "i64", "i64", "i32", "u8", "bool"] as const);
  const count = shape.reduce((product, n) => product * n, 1);
  const element = () =>
    dtype === "f32" ? dice.pick(FLOATS) : dtype === "u8" || dtype === "bool" ? dice.below(2) : dice.pick(INTS);
  return { name, dtype, shape, bytes: encodeTensor(Array.from({ length: count }, element), dtype) };
}

function attributeOf(dice: Dice): OnnxAttribute {
  switch (dice.below(6)) {
    case 0:
      return { type: "float", value: dice.pick(FLOATS) };
    case 1:
      return { type: "string", value: dice.pick(WORDS) };
    case 2:
      return { type: "tensor", value: tensorOf(dice, "t") };
    case 3:
      return { type: "ints", value: dice.list(4, () => dice.pick(INTS)) };
    case 4:
      return { type: "ints", value: dice.list(2, () => 1 + dice.below(3)) };
    default:
      return { type: "int", value: dice.pick(INTS) };
  }
}

function modelOf(dice: Dice): OnnxModel {
  const ops = Object.keys(ENGINE.importers);
  const names = ["x", "image", "w0", "w1", "w2", "w3", ""];
  const nodes = Array.from({ length: 1 + dice.below(2) }, (_, i): OnnxNode => {
    const outputs = dice.list(2, () => "").map((_, k) => `n${i}.${k}`);
    const node = {
      name: `node${i}`,
      op: dice.pick(ops),
      domain: "",
      inputs: [dice.pick(names), ...dice.list(3, () => dice.pick(names))],
      outputs: [`n${i}`, ...outputs],
      attributes: Object.fromEntries(dice.list(3, () => [dice.pick(ATTRIBUTES), attributeOf(dice)] as const)),
    };
    names.push(`n${i}`, `n${i}`);
    return node;
  });
  return {
    label: "fuzz",
    producer: "",
    irVersion: 8,
    opsets: { "": dice.pick([7, 9, 10, 11, 13, 18, 22]) },
    inputs: [
      { name: "x", dtype: "f32", shape: dice.pick([[], [3], [2, 3], [2, 4, 3]]) },
      {
        name: "image",
        dtype: "f32",
        shape: dice.pick([
          [1, 4, 6, 6],
          [2, 3, 5, 4],
        ]),
      },
    ],
    outputs: [{ name: dice.pick(names.slice(6)) || "n0", dtype: "f32", shape: null }],
    nodes,
    initializers: new Map(["w0", "w1", "w2", "w3"].map((name) => [name, tensorOf(dice, name)])),
  };
}

it(`${MODELS} damaged models give a graph or an EngineError`, () => {
  let graphs = 0;
  for (let seed = 1; seed <= MODELS; seed++) {
    const model = modelOf(new Dice(seed));
    try {
      const graph = importModel(model, ENGINE);
      graphs++;
      for (const node of graph.nodes) {
        const sound = node.shape.every((n) => Number.isInteger(n) && n > 0);
        expect(sound, `seed ${seed}: ${node.op} of shape [${node.shape.join(", ")}]`).toBe(true);
      }
    } catch (error) {
      if (!(error instanceof EngineError)) throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  // Enough of them must get through for the check to mean something.
  expect(graphs).toBeGreaterThan(MODELS / 100);
});
