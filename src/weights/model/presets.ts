/** Manifests for bare ONNX files of well-known colorizers, recognised by their inputs and outputs or named. docs/models.md lists them. */
import { InputError, ManifestError } from "../../base/errors";
import { readModel, type ExternalData } from "../onnx/decode";
import type { OnnxModel, OnnxValueInfo } from "../onnx/types";
import { sha256Of } from "./integrity";

/** An input or output [1, channels, H, W] under its usual name, and what the manifest says of it. */
interface Port {
  readonly name: string;
  readonly channels: number;
  readonly manifest: Readonly<Record<string, unknown>>;
}

interface Preset {
  readonly summary: string;
  /** Of the weights that the authors publish. */
  readonly license: string;
  readonly inputs: readonly Port[];
  readonly output: Port;
  /** For files that leave H and W open. */
  readonly size: { readonly pixels: number; readonly multiple: number; readonly shape: "free" | "square" };
}

const LIGHTNESS: Port = { name: "data_l", channels: 1, manifest: { kind: "lightness", scale: 1, offset: 0 } };
const CHROMA: Port = { name: "color_ab", channels: 2, manifest: { kind: "ab", scale: 1 } };

const PRESETS = {
  siggraph17: {
    summary: "Zhang et al. 2017, Real-Time User-Guided Image Colorization with Learned Deep Priors; takes hints",
    license: "BSD-2-Clause (the weights that the authors publish)",
    inputs: [
      LIGHTNESS,
      { name: "user_ab", channels: 2, manifest: { kind: "hintChroma", scale: 1 } },
      { name: "user_map", channels: 1, manifest: { kind: "hintMask" } },
    ],
    output: CHROMA,
    size: { pixels: 256, multiple: 8, shape: "free" },
  },
  eccv16: {
    summary: "Zhang et al. 2016, Colorful Image Colorization",
    license: "BSD-2-Clause (the weights that the authors publish)",
    inputs: [LIGHTNESS],
    output: CHROMA,
    size: { pixels: 256, multiple: 8, shape: "free" },
  },
  ddcolor: {
    summary: "Kang et al. 2023, DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders",
    license: "Apache-2.0 (the weights that the authors publish)",
    inputs: [{ name: "input", channels: 3, manifest: { kind: "grey", channels: 3, range: [0, 1] } }],
    output: { name: "output", channels: 2, manifest: { kind: "ab", scale: 1 } },
    // The authors stretch photographs to a square.
    size: { pixels: 512, multiple: 32, shape: "square" },
  },
  deoldify: {
    summary: "Antic 2018, DeOldify: a U-Net with self-attention",
    license: "MIT (the weights that the author publishes)",
    inputs: [{ name: "input", channels: 3, manifest: { kind: "grey", channels: 3, range: [0, 255] } }],
    output: { name: "output", channels: 3, manifest: { kind: "rgb", range: [0, 255] } },
    // The author stretches photographs to a square.
    size: { pixels: 512, multiple: 32, shape: "square" },
  },
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof PRESETS;

export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/** A file that comes without a manifest. */
interface BareFile {
  readonly bytes: Uint8Array;
  /** Its name, without folders. */
  readonly name: string;
  /** Its address, for messages. */
  readonly where: string;
  /** Default: recognised by the names and shapes of inputs and outputs. */
  readonly preset?: string | undefined;
  readonly externalData?: ExternalData;
  readonly signal?: AbortSignal;
}

/**
 * The JSON value of a model.json of format 2 for a bare ONNX file. Throws ManifestError when the file fits no preset or not the named one,
 * InputError for an unknown preset, ModelError and UnsupportedError as readModel().
 */
export async function manifestFor(file: BareFile): Promise<Record<string, unknown>> {
  const { bytes, name: fileName, where, preset, externalData, signal } = file;
  if (preset !== undefined && !Object.hasOwn(PRESETS, preset))
    throw new InputError({ where: "preset", expected: PRESET_NAMES.join(", "), received: preset });
  const model = await readModel(bytes, { label: where, externalData, signal });
  const named = preset as PresetName | undefined;
  const candidates = named ? [named] : PRESET_NAMES;
  const found = candidates.map((name) => ({ name, ports: portsOf(model, PRESETS[name], named !== undefined) }));
  const fit = found.find(({ ports }) => ports !== undefined);
  if (!fit) throw fitsNone(model, candidates, named !== undefined);
  const { name, ports } = fit;
  const { summary, license, output, inputs, size } = PRESETS[name];
  const sha256 = await sha256Of(bytes);
  signal?.throwIfAborted();
  return {
    format: 2,
    name: fileName.replace(/\.onnx$/i, ""),
    version: sha256.slice(0, 12),
    license,
    summary,
    // A manifest's paths have fewer characters than names on disk.
    files: { network: { path: fileName.replace(/[^\w.-]/g, "_"), sha256, bytes: bytes.byteLength } },
    colorizer: {
      file: "network",
      inputs: inputs.map(({ manifest }, i) => ({ ...manifest, name: ports!.inputs[i]!.name })),
      output: { ...output.manifest, name: ports!.output.name },
      size: exportedSize(ports!.inputs[0]!, where) ?? size,
    },
  };
}

interface Ports {
  /** In the preset's order. */
  readonly inputs: readonly OnnxValueInfo[];
  readonly output: OnnxValueInfo;
}

/**
 * The file's inputs and outputs that play the preset's parts; undefined where it does not fit. By their names, or, where the user named the
 * preset, in the order of the file as well.
 */
function portsOf(model: OnnxModel, preset: Preset, named: boolean): Ports | undefined {
  if (model.inputs.length !== preset.inputs.length) return undefined;
  const byName = preset.inputs.map(({ name }) => model.inputs.find((input) => input.name === name));
  const inputs = named && byName.includes(undefined) ? model.inputs : byName;
  const fit = inputs.every((input, i): input is OnnxValueInfo => isPort(input, preset.inputs[i]!.channels, named));
  if (!fit) return undefined;
  const outputs = model.outputs.filter((output) => isPort(output, preset.output.channels, named));
  const output =
    outputs.find(({ name }) => name === preset.output.name) ?? (outputs.length === 1 ? outputs[0] : undefined);
  return output && { inputs: inputs as readonly OnnxValueInfo[], output };
}

/** Whether a value of the file may be [1, channels, H, W]. Where the user named the preset, what the file leaves open fits. */
function isPort(value: OnnxValueInfo | undefined, channels: number, named: boolean): boolean {
  if (!value) return false;
  if (!value.shape) return named;
  if (value.shape.length !== 4) return false;
  return value.shape[1] === channels || (named && typeof value.shape[1] !== "number");
}

/** The size that a file was exported for; undefined where it leaves H and W open. Throws ManifestError unless it is square. */
function exportedSize(input: OnnxValueInfo, where: string): Preset["size"] | undefined {
  const [, , height, width] = input.shape ?? [];
  if (typeof height !== "number" && typeof width !== "number") return undefined;
  if (height === width) return { pixels: width as number, multiple: width as number, shape: "square" };
  throw new ManifestError({
    where: `${where}, input "${input.name}"`,
    expected: "a square picture, or open height and width",
    received: shapeText(input),
    hint: "Export the network again with dynamic axes 2 and 3.",
  });
}

function fitsNone(model: OnnxModel, candidates: readonly PresetName[], named: boolean): ManifestError {
  const found = (values: readonly OnnxValueInfo[]): string => values.map(shapeText).join(", ") || "none";
  const expected = candidates.map((name) => {
    const { inputs, output } = PRESETS[name];
    const port = (one: Port): string => `${one.name} [1, ${one.channels}, H, W]`;
    return `${name}: ${inputs.map(port).join(", ")} -> ${port(output)}`;
  });
  return new ManifestError({
    where: model.label,
    expected: `a network of ${named ? "the preset" : "one of the presets"} ${expected.join("; ")}`,
    received: `inputs ${found(model.inputs)} -> outputs ${found(model.outputs)}`,
    hint: named
      ? `The other presets are ${PRESET_NAMES.filter((name) => !candidates.includes(name)).join(", ")}; for other networks, write a model.json (docs/model-format.md).`
      : "If it is one of these under other names, name the preset (--preset, or the option or attribute `preset`); for other networks, write a model.json (docs/model-format.md).",
  });
}

function shapeText({ name, shape }: OnnxValueInfo): string {
  return `${name} ${shape ? `[${shape.map((n) => n ?? "?").join(", ")}]` : "of unknown shape"}`;
}
