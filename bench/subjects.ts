/** The subjects of comparisons as ONNX bytes with inputs: the shipped networks, and chains of one convolution. */
import type { Shape } from "../src/graph/ir";
import { sizeOf } from "../src/graph/ir";
import type { Tensor } from "../src/session/inputs";
import type { Conv2dParams } from "../src/kernels/conv/params";
import { parseManifest } from "../src/weights/model/manifest";
import { randoms } from "../test/shared/randoms";
import { convCase } from "../test/shared/conv-cases";
import { buildModel, node } from "../tools/onnx-writer";
import type { Subject } from "./rows";

export interface SubjectCase {
  readonly name: string;
  /** The ONNX file. */
  readonly bytes: Uint8Array;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** The one output that is read. */
  readonly output: string;
  /** For a chain of convolutions: one of them, NHWC, and how many there are. */
  readonly conv?: { readonly params: Conv2dParams; readonly weights: Float32Array; readonly length: number };
}

/** Convolutions that keep their shape, so that they can be chained. */
const RELU = { activation: { fn: "relu" } } as const;
const LAYERS = [
  convCase("3x3 128 at 64x64", [64, 64, 128], [3, 3], 128, RELU),
  convCase("4x4 256 at 32x32", [32, 32, 256], [4, 4], 256, RELU),
  convCase("1x1 1088 at 17x17", [17, 17, 1088], [1, 1], 1088, RELU),
  convCase("1x7 160 at 17x17", [17, 17, 160], [1, 7], 160, RELU),
  convCase("1x1 320 at 35x35", [35, 35, 320], [1, 1], 320, RELU),
  convCase("1x1 2080 at 8x8", [8, 8, 2080], [1, 1], 2080, RELU),
  // Small ones, for --quick.
  convCase("3x3 64 at 32x32", [32, 32, 64], [3, 3], 64, RELU),
  convCase("1x1 256 at 16x16", [16, 16, 256], [1, 1], 256, RELU),
];
export const LAYER_NAMES: readonly string[] = LAYERS.slice(0, -2).map(({ name }) => name);
export const QUICK_LAYER_NAMES: readonly string[] = LAYERS.slice(-2).map(({ name }) => name);
const CHAIN = 4;

function subjectName(subject: Subject): string {
  return subject.kind === "conv"
    ? `chain of ${CHAIN} ${subject.layer}`
    : `${subject.network} ${subject.size}x${subject.size}`;
}

export async function subjectCase(subject: Subject, read: (path: string) => Promise<Uint8Array>): Promise<SubjectCase> {
  const name = subjectName(subject);
  return subject.kind === "conv" ? convChain(name, subject.layer) : network(name, subject, read);
}

async function network(
  name: string,
  { network, size }: Extract<Subject, { kind: "network" }>,
  read: (path: string) => Promise<Uint8Array>,
): Promise<SubjectCase> {
  const manifest = parseManifest(JSON.parse(new TextDecoder().decode(await read("model.json"))), "model.json");
  const { embedder, colorizer } = manifest;
  const inputs = network === "embedder" ? [embedder!.input] : colorizer.inputs;
  const output = network === "embedder" ? embedder!.output : colorizer.output.name;
  const shapes = Object.fromEntries(
    inputs.map((input): [string, Shape] => [
      input.name,
      input.kind === "embedding" ? [1, 1000] : [1, input.channels, size, size],
    ]),
  );
  const bytes = await read(manifest.files[manifest[network]!.file]!.path);
  return { name, bytes, shapes, feeds: randomFeeds(shapes), output };
}

function randomFeeds(shapes: Readonly<Record<string, Shape>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(shapes).map(([input, shape], i) => [input, { data: randoms(sizeOf(shape), 100 + i), shape }]),
  );
}

/** A chain with NCHW at both ends, as in ONNX; a runtime that works in NHWC transposes there. */
function convChain(name: string, layer: string): SubjectCase {
  const found = LAYERS.find((candidate) => candidate.name === layer);
  if (!found) throw new Error(`layer ${layer}: expected one of ${LAYERS.map((l) => l.name).join("; ")}`);
  const { params } = found;
  const [kh, kw] = params.kernel;
  const { inChannels, outChannels, inHeight, inWidth, padTop, padLeft } = params;
  const taps = kh * kw;
  const scale = 1.5 / Math.sqrt(taps * inChannels);
  const weights = randoms(taps * inChannels * outChannels, 1, -scale, scale);
  const nchw = new Float32Array(weights.length);
  for (let o = 0; o < outChannels; o++)
    for (let c = 0; c < inChannels; c++)
      for (let tap = 0; tap < taps; tap++)
        nchw[(o * inChannels + c) * taps + tap] = weights[(tap * inChannels + c) * outChannels + o]!;
  const values = Array.from({ length: CHAIN + 1 }, (_, i) => `x${i}`);
  const shape = [1, inChannels, inHeight, inWidth];
  const pads = [padTop, padLeft, kh - 1 - padTop, kw - 1 - padLeft];
  const output = values.at(-1)!;
  const bytes = buildModel({
    inputs: [{ name: "x0", shape }],
    outputs: [{ name: output, shape }],
    nodes: values
      .slice(1)
      .flatMap((value, i) => [
        node("Conv", [values[i]!, "w"], [`${value}c`], { kernel_shape: [kh, kw], pads }),
        node("Relu", [`${value}c`], [value]),
      ]),
    initializers: [{ name: "w", shape: [outChannels, inChannels, kh, kw], data: nchw }],
  });
  const shapes = { x0: shape };
  return { name, bytes, shapes, feeds: randomFeeds(shapes), output, conv: { params, weights, length: CHAIN } };
}
