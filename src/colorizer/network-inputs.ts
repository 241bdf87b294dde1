/** What a manifest says of the networks' inputs, for sessions and for the GPU. */
import type { BoundProgram } from "../gpu/bound-program";
import type { Shape } from "../graph/ir";
import { dropLastUpsampling } from "../graph/passes/drop-last-upsampling";
import type { Pass } from "../graph/passes/pass";
import { sumGreyInput } from "../graph/passes/sum-grey-input";
import { workingSize, type WorkingSize } from "../image/layout";
import type { LuminanceTarget } from "../image/picture-stages";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../kernels/picture/tile";
import type { ConstantInput, Manifest, NetworkInput, PictureInput } from "../weights/model/manifest";

/** [1, channels, H, W] of an input that is a picture. */
export function pictureShape({ channels }: PictureInput | ConstantInput, { width, height }: Size): Shape {
  return [1, channels, height, width];
}

export type Network = "embedder" | "colorizer";

/** Where and how a picture's luminance is written for `input` of the bound network. */
export function targetOf(
  input: PictureInput,
  network: BoundProgram,
  working: WorkingSize,
  elem: Elem,
): LuminanceTarget {
  // One channel where a pass has summed the first convolution's kernel over equal channels.
  const channels = network.program.inputs.find(({ name }) => name === input.name)!.shape[1]!;
  const common = { ...working, channels, elem, buffer: network.input(input.name) };
  if (input.kind === "lightness") return { ...common, value: "lightness", scale: input.scale, offset: input.offset };
  const [black, white] = input.range;
  return { ...common, value: "grey", scale: white - black, offset: black };
}

/** Whether an input is made of the photograph. */
export function isPicture(input: NetworkInput): input is PictureInput {
  return input.kind === "lightness" || input.kind === "grey";
}

/** What Session.load() and the checks want to know of a network. */
export function described(
  network: Network,
  manifest: Manifest,
): { inputs: string[]; inputShapes: Record<string, Shape>; output: string; passes: Pass[] } {
  if (network === "embedder") {
    const { input, output, size } = manifest.embedder!;
    const inputShapes = { [input.name]: pictureShape(input, { width: size, height: size }) };
    // The picture is grey, so its channels are one.
    return { inputs: [input.name], inputShapes, output, passes: [sumGreyInput(input.name)] };
  }
  const { inputs, output } = manifest.colorizer;
  const { padded } = squareOf(manifest);
  // Where the file says how long the embedding is, the colorizer is made ready while the larger embedder still comes in.
  const shapes = inputs.flatMap((input): [string, Shape][] =>
    input.kind === "embedding" ? [] : [[input.name, pictureShape(input, padded)]],
  );
  return {
    inputs: inputs.map(({ name }) => name),
    inputShapes: Object.fromEntries(shapes),
    output: output.name,
    // The colour kernel interpolates, so nothing need be repeated for it.
    passes: [dropLastUpsampling, ...inputs.filter(isPicture).map(({ name }) => sumGreyInput(name))],
  };
}

/** The square picture of the manifest's size that the networks are made ready for. */
export function squareOf({ colorizer: { size } }: Manifest): WorkingSize {
  return workingSize({ width: 1, height: 1 }, size.pixels, size.multiple);
}
