/** A model folder small enough to be computed by hand: both networks in a few kilobytes, with a CPU reference. */
import { parseManifest } from "../../src/weights/model/manifest";
import type { ModelReader } from "../../src/weights/model/files";
import { modelFiles } from "../../tools/model-files";
import { buildModel, node } from "../../tools/onnx-writer";
import { resampledLuminance, type ChromaMap, type Picture } from "../reference/color";

const SIZE = 16;
const EMBEDDER_SIZE = 9;
/** embedding[k] = mean of the stacked luminance x EMBEDDING[k]. */
const EMBEDDING = [1, -0.5, 0.25];
/** ab[c] = tanh(weights . [luminance, embedding] + bias), each sample repeated twice along both axes. */
const WEIGHTS = [
  [0.3, 0.2, -0.1, 0.4],
  [-0.2, 0.1, 0.3, 0.2],
] as const;
const BIAS = [0.15, 0.25] as const;

export interface TinyOptions {
  /** Replaces the colorizer's bias, for example by NaN. */
  readonly bias?: readonly number[];
  /** Replaces the colorizer's file. */
  readonly network?: Uint8Array;
  /** The mean embedding; the manifest then has format 2. */
  readonly mean?: readonly number[];
  /** Floats that the embedder's file has and nobody needs. */
  readonly unused?: number;
  /** Replaces keys of the manifest's colorizer part. */
  readonly colorizer?: Readonly<Record<string, unknown>>;
}

function embedder(unused = 0): Uint8Array {
  const weights = EMBEDDING.flatMap((w) => [w / 3, w / 3, w / 3]);
  return buildModel({
    inputs: [{ name: "image", shape: [1, 3, "h", "w"] }],
    outputs: [{ name: "embedding", shape: [1, 3] }],
    nodes: [
      node("Conv", ["image", "weights"], ["mixed"], { kernel_shape: [1, 1] }),
      node("GlobalAveragePool", ["mixed"], ["mean"]),
      node("Flatten", ["mean"], ["embedding"], { axis: 1 }),
    ],
    initializers: [
      { name: "weights", shape: [3, 3, 1, 1], data: weights },
      ...(unused ? [{ name: "unused", shape: [unused], data: new Float32Array(unused) }] : []),
    ],
  });
}

/** Inputs and outputs of its colorizer. */
export const COLORIZER_PORTS = {
  inputs: [
    { name: "luminance", shape: [1, 1, "h", "w"] },
    { name: "embedding", shape: [1, 3] },
  ],
  outputs: [{ name: "ab", shape: [1, 2, "h", "w"] }],
} as const;

/** Joins the embedding to every pixel as the shipped model does, so that a page needs no more code for it. */
function colorizer(bias: readonly number[]): Uint8Array {
  return buildModel({
    ...COLORIZER_PORTS,
    nodes: [
      node("AveragePool", ["luminance"], ["half"], { kernel_shape: [2, 2], strides: [2, 2] }),
      node("Shape", ["half"], ["half_shape"]),
      node("Slice", ["half_shape", "two", "four"], ["spatial"]),
      node("Concat", ["one_of_three", "spatial"], ["wanted"], { axis: 0 }),
      node("Unsqueeze", ["embedding", "axes"], ["pixel"]),
      node("Expand", ["pixel", "wanted"], ["everywhere"]),
      node("Concat", ["half", "everywhere"], ["joined"], { axis: 1 }),
      node("Conv", ["joined", "weights", "bias"], ["sum"], { kernel_shape: [1, 1] }),
      node("Tanh", ["sum"], ["small"]),
      node("Resize", ["small", "", "scales"], ["ab"], {
        mode: "nearest",
        coordinate_transformation_mode: "asymmetric",
        nearest_mode: "floor",
      }),
    ],
    initializers: [
      { name: "weights", shape: [2, 4, 1, 1], data: WEIGHTS.flat() },
      { name: "bias", shape: [2], data: bias },
      { name: "axes", shape: [2], data: [2, 3], dtype: "i64" },
      { name: "two", shape: [1], data: [2], dtype: "i64" },
      { name: "four", shape: [1], data: [4], dtype: "i64" },
      { name: "one_of_three", shape: [2], data: [1, 3], dtype: "i64" },
      { name: "scales", shape: [4], data: [1, 1, 2, 2] },
    ],
  });
}

/** The folder's files: model.json, embedder.onnx, colorizer.onnx. */
export function tinyModel(options: TinyOptions = {}): Record<string, Uint8Array> {
  const networks = {
    embedder: { path: "embedder.onnx", bytes: embedder(options.unused) },
    colorizer: { path: "colorizer.onnx", bytes: options.network ?? colorizer(options.bias ?? BIAS) },
  };
  const files = modelFiles(networks, {
    format: 1,
    embedder: {
      file: "embedder",
      input: "image",
      output: "embedding",
      size: EMBEDDER_SIZE,
      channels: 3,
      range: [-1, 1],
    },
    colorizer: {
      file: "colorizer",
      luminance: "luminance",
      embedding: "embedding",
      output: "ab",
      size: SIZE,
      multiple: 8,
      luminanceScale: 0.02,
      luminanceOffset: -1,
      chromaScale: 128,
      saturation: 1,
      ...options.colorizer,
    },
  });
  const { mean } = options;
  if (!mean) return files;
  const format2 = parseManifest(JSON.parse(new TextDecoder().decode(files["model.json"])), "model.json");
  return modelFiles(networks, { ...format2, format: 2, embedder: { ...format2.embedder!, mean } });
}

/** Reads tinyModel() for Colorizer.load({ read }). */
export function tinyReader(options: TinyOptions = {}): ModelReader {
  const files = tinyModel(options);
  return (path) => Promise.resolve(files[path]!);
}

/** What the tiny networks predict for a picture at a working size, computed on the CPU. `given`: an embedding in place of the picture's. */
export function tinyChroma(
  picture: Picture,
  valid: ChromaMap["valid"],
  padded: ChromaMap["padded"],
  given?: readonly number[],
): Pick<ChromaMap, "ab" | "valid" | "padded" | "step"> {
  const scaled = (l: number): number => l / 50 - 1;
  const stack = resampledLuminance(picture, EMBEDDER_SIZE, EMBEDDER_SIZE);
  const mean = stack.reduce((sum, l) => sum + scaled(l), 0) / stack.length;
  const plane = resampledLuminance(picture, valid.width, valid.height);
  const at = (x: number, y: number): number =>
    scaled(plane[Math.min(y, valid.height - 1) * valid.width + Math.min(x, valid.width - 1)]!);
  const ab = new Float64Array(2 * padded.width * padded.height);
  for (let c = 0; c < 2; c++)
    for (let y = 0; y < padded.height; y++)
      for (let x = 0; x < padded.width; x++) {
        const [x0, y0] = [x - (x % 2), y - (y % 2)];
        const half = (at(x0, y0) + at(x0 + 1, y0) + at(x0, y0 + 1) + at(x0 + 1, y0 + 1)) / 4;
        const embedding = given ?? EMBEDDING.map((w) => w * mean);
        const [own, ...dense] = WEIGHTS[c]!;
        const sum = own * half + dense.reduce((s, w, k) => s + w * embedding[k]!, 0) + BIAS[c]!;
        ab[(c * padded.height + y) * padded.width + x] = Math.tanh(sum);
      }
  return { ab, valid, padded, step: 2 };
}
