/** Types and parser of model.json: a model's files, networks, inputs and outputs. docs/model-format.md describes it. */
import { modelPathProblem } from "../../base/paths";
import { checkManifest, wrongValue } from "./schema";

interface ManifestFile {
  /** Path relative to model.json: in its folder or below, or "../NAME/..." in the folder of a model beside it. */
  readonly path: string;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly bytes: number;
}

/** ONNX input [1, channels, H, W]: L* (0..100) x scale + offset, the same in every channel. */
interface LightnessInput {
  readonly kind: "lightness";
  readonly name: string;
  readonly channels: number;
  readonly scale: number;
  readonly offset: number;
}

/** ONNX input [1, channels, H, W]: the sRGB grey of L*, that is the colour of L* with a* = b* = 0, in every channel. */
interface GreyInput {
  readonly kind: "grey";
  readonly name: string;
  readonly channels: number;
  /** The network's values of black and white. */
  readonly range: readonly [number, number];
}

/** ONNX input [1, channels, H, W]: one number everywhere, such as "no hints". */
export interface ConstantInput {
  readonly kind: "constant";
  readonly name: string;
  readonly channels: number;
  readonly value: number;
}

/** ONNX input [1, N]: the embedder's output. */
interface EmbeddingInput {
  readonly kind: "embedding";
  readonly name: string;
}

/** An input that is computed from the photograph. */
export type PictureInput = LightnessInput | GreyInput;
export type NetworkInput = PictureInput | ConstantInput | EmbeddingInput;

/** ONNX output [1, 2, h, w]: a* and b* divided by scale. */
interface ChromaOutput {
  readonly kind: "ab";
  readonly name: string;
  readonly scale: number;
}

/** ONNX output [1, 3, h, w]: sRGB from black to white; a* and b* are computed from it. */
interface RgbOutput {
  readonly kind: "rgb";
  readonly name: string;
  readonly range: readonly [number, number];
}

/** ONNX output [1, N, h, w]: scores of N cells of the a*b* plane before the softmax. */
interface CellsOutput {
  readonly kind: "cells";
  readonly name: string;
  /** The cells' centres, [a*, b*]. */
  readonly cells: readonly (readonly [number, number])[];
  /** Divisor of the scores before the softmax. */
  readonly temperature: number;
}

export type NetworkOutput = ChromaOutput | RgbOutput | CellsOutput;

/** The size of the colorizer's picture. */
interface NetworkSize {
  /** The side in pixels of the square that has as many pixels as the working picture. */
  readonly pixels: number;
  /** H and W are multiples of it. */
  readonly multiple: number;
  /** "free": keeps the photograph's aspect ratio. "square": stretches the photograph to a square. */
  readonly shape: "free" | "square";
}

/** The network that computes an embedding of the photograph, such as an ImageNet classifier's scores. */
interface EmbedderManifest {
  /** A key of `files`. */
  readonly file: string;
  /** The input; its H and W are `size`. */
  readonly input: PictureInput;
  /** Name of the ONNX output: [1, N]. */
  readonly output: string;
  /** Pixels along both sides. */
  readonly size: number;
  /** The score of one more class, which comes before the output's N: the embedding is then [1, N + 1]. */
  readonly background?: number;
  /** As many numbers as the embedding: the mean embedding, for a first picture before the embedder is loaded. */
  readonly mean?: readonly number[];
}

/** The network that predicts colour from the photograph and, where there is one, the embedding. */
interface ColorizerManifest {
  readonly file: string;
  readonly inputs: readonly NetworkInput[];
  readonly output: NetworkOutput;
  readonly size: NetworkSize;
  /** Factor on a* and b* that suits this model; 1 changes nothing. */
  readonly saturation: number;
  /** Predicted chroma c, in units of a*b*, is shown as saturation * c * c^2 / (c^2 + knee^2); 0 changes nothing. */
  readonly knee: number;
}

/** A model.json of format 2, or one of format 1 converted to format 2. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** One line that helps people choose among models. */
  readonly summary?: string;
  readonly files: Readonly<Record<string, ManifestFile>>;
  /** Present when the colorizer has an input of kind "embedding". */
  readonly embedder?: EmbedderManifest;
  readonly colorizer: ColorizerManifest;
  /** Facts for people: recipe, hardware, samples. */
  readonly training: Readonly<Record<string, unknown>>;
  /** Facts for people: scores by evaluation set. */
  readonly metrics: Readonly<Record<string, unknown>>;
}

/** A model.json of format 1, after the schema's check. */
interface Format1 extends Omit<Manifest, "embedder" | "colorizer"> {
  readonly format: 1;
  readonly embedder: {
    file: string;
    input: string;
    output: string;
    size: number;
    channels: number;
    range: [number, number];
  };
  readonly colorizer: {
    file: string;
    luminance: string;
    embedding: string;
    output: string;
    size: number;
    multiple: number;
    luminanceScale: number;
    luminanceOffset: number;
    chromaScale: number;
    saturation?: number;
  };
}

/** A model.json of format 2, after the schema's check: values with defaults may be missing. */
interface Format2 extends Manifest {
  readonly format: 2;
}

/**
 * Checks a parsed model.json and fills in defaults. `where` names the file in messages. Throws ManifestError with the JSON
 * path of the first wrong value.
 */
export function parseManifest(json: unknown, where: string): Manifest {
  checkManifest(json, where);
  const given = json as Format1 | Format2;
  checkReferences(given, where);
  const manifest = given.format === 1 ? fromFormat1(given) : fromFormat2(given);
  checkEmbedding(manifest, where);
  return manifest;
}

/** Checks what a schema cannot express: keys of `files`, paths and sizes. */
function checkReferences({ files, embedder, colorizer, format }: Format1 | Format2, where: string): void {
  for (const [key, { path }] of Object.entries(files)) {
    const problem = modelPathProblem(path);
    if (problem)
      throw wrongValue(
        where,
        `$.files.${key}.path`,
        "a path inside the model's folder, or ../NAME/FILE in that of a model beside it",
        `${problem}: ${JSON.stringify(path)}`,
      );
  }
  for (const [network, value] of Object.entries({ embedder, colorizer }))
    if (value && !Object.hasOwn(files, value.file))
      throw wrongValue(where, `$.${network}.file`, `one of the files: ${Object.keys(files).join(", ")}`, value.file);
  const [pixels, multiple, path] =
    format === 1
      ? [colorizer.size, colorizer.multiple, "$.colorizer.size"]
      : [colorizer.size.pixels, colorizer.size.multiple, "$.colorizer.size.pixels"];
  if ((pixels as number) % multiple !== 0)
    throw wrongValue(where, path, `a multiple of ${multiple} (see "multiple")`, pixels);
}

function fromFormat1(given: Format1): Manifest {
  const { embedder: e, colorizer: c } = given;
  const [black, white] = e.range;
  return {
    ...facts(given),
    embedder: {
      file: e.file,
      input: { kind: "lightness", name: e.input, channels: e.channels, scale: (white - black) / 100, offset: black },
      output: e.output,
      size: e.size,
    },
    colorizer: {
      file: c.file,
      inputs: [
        { kind: "lightness", name: c.luminance, channels: 1, scale: c.luminanceScale, offset: c.luminanceOffset },
        { kind: "embedding", name: c.embedding },
      ],
      output: { kind: "ab", name: c.output, scale: c.chromaScale },
      size: { pixels: c.size, multiple: c.multiple, shape: "free" },
      saturation: c.saturation ?? 1,
      knee: 0,
    },
  };
}

function fromFormat2(given: Format2): Manifest {
  const { embedder, colorizer } = given;
  return {
    ...facts(given),
    ...(embedder && { embedder: { ...embedder, input: withDefaults(embedder.input) } }),
    colorizer: {
      ...colorizer,
      inputs: colorizer.inputs.map(withDefaults),
      size: { ...colorizer.size, shape: colorizer.size.shape ?? "free" },
      saturation: colorizer.saturation ?? 1,
      knee: colorizer.knee ?? 0,
    },
  };
}

function withDefaults<T extends NetworkInput>(input: T): T {
  if (input.kind === "lightness") return { ...input, channels: input.channels ?? 1 };
  if (input.kind === "grey") return { ...input, channels: input.channels ?? 3 };
  if (input.kind === "constant") return { ...input, value: input.value ?? 0 };
  return input;
}

/** The parts that both formats share. */
function facts({
  name,
  version,
  license,
  summary,
  files,
  training = {},
  metrics = {},
}: Format1 | Format2): Omit<Manifest, "embedder" | "colorizer"> {
  const lowerCase = Object.entries(files).map(([key, { path, sha256, bytes }]): [string, ManifestFile] => [
    key,
    { path, sha256: sha256.toLowerCase(), bytes },
  ]);
  return {
    name,
    version,
    license,
    ...(summary && { summary }),
    files: Object.fromEntries(lowerCase),
    training,
    metrics,
  };
}

/** Checks that input names are unique, that an input is computed from the photograph, and that an embedding has an embedder. */
function checkEmbedding({ embedder, colorizer: { inputs } }: Manifest, where: string): void {
  const at = "$.colorizer.inputs";
  const names = inputs.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw wrongValue(where, at, "inputs of different names", twice);
  if (!inputs.some(({ kind }) => kind === "lightness" || kind === "grey"))
    throw wrongValue(where, at, "an input of kind lightness or grey", names.join(", "));
  const embeddings = inputs.filter(({ kind }) => kind === "embedding").length;
  if (embeddings !== (embedder ? 1 : 0))
    throw wrongValue(
      where,
      at,
      embedder ? "one input of kind embedding" : "no input of kind embedding, since there is no embedder",
      `${embeddings}`,
    );
}
