/** The models of the corpus: each op by itself, and networks of a few layers as converters and exporters write them. */
import { randoms } from "../../test/shared/randoms";
import { opModels } from "../../test/shared/op-models";
import { MANY } from "../../test/shared/small-files";
import { tinyModel } from "../../test/shared/tiny-model";
import { buildModel, node, type InitializerSpec, type ModelSpec } from "../onnx-writer";

const weights = (name: string, shape: readonly number[], scale = 0.5): InitializerSpec => ({
  name,
  shape,
  data: randoms(
    shape.reduce((product, n) => product * n, 1),
    name.length + shape.length,
    -scale,
    scale,
  ),
});
const ints = (name: string, data: readonly number[]): InitializerSpec => ({
  name,
  shape: [data.length],
  dtype: "i64",
  data,
});

const IMAGE: ModelSpec["inputs"] = [{ name: "x", shape: [1, 4, "h", "w"] }];
const OUT: ModelSpec["outputs"] = [{ name: "y" }];
const same = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };

/** Networks, by name. */
const NETWORKS: Readonly<Record<string, ModelSpec>> = {
  "residual-block": {
    inputs: IMAGE,
    outputs: OUT,
    nodes: [
      node("Conv", ["x", "w1", "b"], ["a"], same),
      node("BatchNormalization", ["a", "s", "b", "m", "v"], ["n"], { epsilon: 1e-3 }),
      node("Relu", ["n"], ["r"]),
      node("Conv", ["r", "w2"], ["c"], same),
      node("Add", ["c", "x"], ["sum"]),
      node("LeakyRelu", ["sum"], ["y"], { alpha: 0.2 }),
    ],
    initializers: [
      weights("w1", [4, 4, 3, 3]),
      weights("w2", [4, 4, 3, 3]),
      weights("b", [4]),
      weights("m", [4]),
      { name: "s", shape: [4], data: [1, 0.5, 2, 1] },
      { name: "v", shape: [4], data: [1, 2, 0.5, 1] },
    ],
  },
  "u-net": {
    inputs: IMAGE,
    outputs: OUT,
    nodes: [
      node("Conv", ["x", "w1"], ["a"], { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" }),
      node("Elu", ["a"], ["e"]),
      node("MaxPool", ["e"], ["p"], { kernel_shape: [2, 2], strides: [1, 1], pads: [0, 0, 1, 1] }),
      node("ConvTranspose", ["p", "wt"], ["u"], { kernel_shape: [2, 2], strides: [2, 2] }),
      node("Concat", ["u", "x"], ["j"], { axis: 1 }),
      node("Conv", ["j", "w2"], ["o"], { kernel_shape: [1, 1] }),
      node("Tanh", ["o"], ["y"]),
    ],
    initializers: [weights("w1", [4, 4, 3, 3]), weights("wt", [4, 4, 2, 2]), weights("w2", [2, 8, 1, 1])],
  },
  "depthwise-nhwc": {
    inputs: [{ name: "x", shape: [1, 6, 6, 4] }],
    outputs: OUT,
    nodes: [
      node("Transpose", ["x"], ["t"], { perm: [0, 3, 1, 2] }),
      node("Conv", ["t", "w"], ["d"], { ...same, group: 4, dilations: [2, 2], pads: [2, 2, 2, 2] }),
      node("HardSwish", ["d"], ["h"]),
      node("Transpose", ["h"], ["b"], { perm: [0, 2, 3, 1] }),
      node("Softmax", ["b"], ["y"], { axis: -1 }),
    ],
    initializers: [weights("w", [4, 1, 3, 3])],
  },
  attention: {
    inputs: [{ name: "x", shape: [1, 6, 8] }],
    outputs: OUT,
    nodes: [
      node("LayerNormalization", ["x", "scale", "bias"], ["n"], { axis: -1 }),
      node("MatMul", ["n", "wq"], ["q"]),
      node("MatMul", ["n", "wk"], ["k"]),
      node("Transpose", ["k"], ["kt"], { perm: [0, 2, 1] }),
      node("MatMul", ["q", "kt"], ["s"]),
      node("Mul", ["s", "eighth"], ["m"]),
      node("Softmax", ["m"], ["p"], { axis: -1 }),
      node("MatMul", ["p", "n"], ["a"]),
      node("Gelu", ["a"], ["g"]),
      node("Add", ["g", "x"], ["y"]),
    ],
    opset: 20,
    initializers: [
      weights("wq", [8, 8]),
      weights("wk", [8, 8]),
      { name: "scale", shape: [8], data: new Float32Array(8).fill(1.5) },
      weights("bias", [8]),
      { name: "eighth", shape: [], data: [0.125] },
    ],
  },
  "group-norm-by-shapes": {
    inputs: IMAGE,
    outputs: OUT,
    nodes: [
      node("Shape", ["x"], ["shape"]),
      node("Reshape", ["x", "grouped"], ["g"]),
      node("InstanceNormalization", ["g", "s", "b"], ["n"]),
      node("Reshape", ["n", "shape"], ["back"]),
      node("Slice", ["back", "zero", "two", "one"], ["left"]),
      node("Slice", ["back", "two", "four", "one"], ["right"]),
      node("Sigmoid", ["right"], ["gate"]),
      node("Mul", ["left", "gate"], ["y"]),
    ],
    initializers: [
      ints("grouped", [0, 2, -1]),
      { name: "s", shape: [2], data: [1, 2] },
      weights("b", [2]),
      ints("zero", [0]),
      ints("one", [1]),
      ints("two", [2]),
      ints("four", [4]),
    ],
  },
  "pixel-shuffle-and-resize": {
    inputs: IMAGE,
    outputs: [{ name: "y" }, { name: "small" }],
    nodes: [
      node("DepthToSpace", ["x"], ["d"], { blocksize: 2, mode: "CRD" }),
      node("Resize", ["d", "", "scales"], ["y"], { mode: "linear", coordinate_transformation_mode: "half_pixel" }),
      node("Resize", ["x", "", "", "sizes"], ["small"], {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      }),
    ],
    initializers: [{ name: "scales", shape: [4], data: [1, 1, 1.5, 2] }, ints("sizes", [1, 4, 3, 5])],
  },
  "eight-bit-weights": {
    inputs: [{ name: "x", shape: ["batch", 6] }],
    outputs: OUT,
    nodes: [
      node("DequantizeLinear", ["q", "scale", "zero"], ["w"], { axis: 0 }),
      node("Gemm", ["x", "w", "b"], ["g"], { transB: 1, alpha: 0.5 }),
      node("Clip", ["g", "low", "high"], ["y"]),
    ],
    initializers: [
      { name: "q", shape: [5, 6], dtype: "i8", data: Int8Array.from(randoms(30, 9, -120, 120)) },
      { name: "scale", shape: [5], data: [0.01, 0.02, 0.005, 0.03, 0.01] },
      { name: "zero", shape: [5], dtype: "i8", data: [0, 0, 0, 0, 0] },
      weights("b", [5]),
      { name: "low", shape: [], data: [-1] },
      { name: "high", shape: [], data: [1] },
    ],
  },
  "split-and-pool": {
    inputs: IMAGE,
    outputs: OUT,
    nodes: [
      node("Split", ["x", "parts"], ["a", "b"], { axis: 1 }),
      node("GlobalAveragePool", ["a"], ["ga"]),
      node("ReduceMax", ["b"], ["mb"], { axes: [2, 3] }),
      node("Concat", ["ga", "mb"], ["j"], { axis: 1 }),
      node("Flatten", ["j"], ["f"]),
      node("Pad", ["f", "pads"], ["p"]),
      node("Expand", ["p", "wide"], ["e"]),
      node("CumSum", ["e", "axis"], ["y"]),
    ],
    initializers: [
      ints("parts", [1, 3]),
      ints("pads", [0, 1, 0, 2]),
      ints("wide", [3, 7]),
      { name: "axis", shape: [], dtype: "i64", data: [1] },
    ],
  },
  "constants-of-constants": {
    inputs: IMAGE,
    outputs: OUT,
    nodes: [
      node("ConstantOfShape", ["s"], ["ones"], { value: { shape: [1], data: [1.5] } }),
      node("Range", ["zero", "four", "one"], ["r"]),
      node("Cast", ["r"], ["rf"], { to: 1 }),
      node("Reshape", ["rf", "column"], ["c"]),
      node("Where", ["condition", "ones", "c"], ["k"]),
      node("Einsum", ["k", "k"], ["kk"], { equation: "ij,ik->jk" }),
      node("Gather", ["kk", "i"], ["g"], { axis: 0 }),
      node("Mul", ["x", "g"], ["y"]),
    ],
    initializers: [
      ints("s", [4, 1]),
      { name: "zero", shape: [], dtype: "i64", data: [0] },
      { name: "four", shape: [], dtype: "i64", data: [4] },
      { name: "one", shape: [], dtype: "i64", data: [1] },
      ints("column", [4, 1]),
      { name: "condition", shape: [4, 1], dtype: "bool", data: [1, 0, 1, 0] },
      { name: "i", shape: [1], dtype: "i64", data: [0] },
    ],
  },
};

export async function corpusModels(): Promise<Record<string, Uint8Array>> {
  const tiny = tinyModel();
  const files: Record<string, Uint8Array> = {
    "tiny-embedder": tiny["embedder.onnx"]!,
    "tiny-colorizer": tiny["colorizer.onnx"]!,
  };
  for (const [name, spec] of Object.entries(NETWORKS)) files[name] = buildModel(spec);
  for (const [name, make] of Object.entries(MANY)) files[name.replaceAll(/\W+/g, "-")] = make(4);
  for (const [op, bytes] of Object.entries(await opModels())) files[`op-${op}`] = bytes;
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name}.onnx`, bytes]));
}
