/** Describes the networks' inputs by the manifest, for sessions and for the GPU. */
import { InputError } from "../base/errors";
import { checkNumber, SIZE } from "../base/option-checks";
import type { BoundProgram } from "../gpu/bound-program";
import { CommandScope } from "../gpu/command-scope";
import { storedElements } from "../gpu/storage";
import { sizeOf, type Shape } from "../graph/ir";
import { dropLastUpsampling } from "../graph/passes/drop-last-upsampling";
import type { Program } from "../graph/lower/program";
import { leadOutput } from "../graph/passes/lead-output";
import type { Pass } from "../graph/passes/pass";
import { sumGreyInput } from "../graph/passes/sum-grey-input";
import { workingSize, type WorkingSize } from "../image/layout";
import type { LuminanceTarget } from "../image/picture-stages";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../base/size";
import type { ConstantInput, HintInput, Manifest, NetworkInput, PictureInput } from "../weights/model/manifest";

/** Shape [1, channels, H, W] of an input of the picture's size. */
export function pictureShape({ channels }: PictureInput | ConstantInput | HintInput, { width, height }: Size): Shape {
  return [1, channels, height, width];
}

/** Shape of an output of the network. */
export function portShape(program: Program, output: string): Shape {
  return program.outputs.find(({ name }) => name === output)!.shape;
}

export type Network = "embedder" | "colorizer";

/** Describes how a picture's luminance is written into `input` of the bound network. */
export function targetOf(
  input: PictureInput,
  network: BoundProgram,
  working: WorkingSize,
  elem: Elem,
): LuminanceTarget {
  // The program has one channel where the pass sumGreyInput() summed the first convolution's kernel over equal channels.
  const channels = network.program.inputs.find(({ name }) => name === input.name)!.shape[1]!;
  const common = { ...working, channels, elem, buffer: network.input(input.name) };
  if (input.kind === "lightness") return { ...common, value: "lightness", scale: input.scale, offset: input.offset };
  const [black, white] = input.range;
  return { ...common, value: "grey", scale: white - black, offset: black };
}

/** Whether an input is computed from the photograph. */
export function isPicture(input: NetworkInput): input is PictureInput {
  return input.kind === "lightness" || input.kind === "grey";
}

/** A network's inputs, output, shapes and passes, for Session.load() and the checks. `pixels`: as squareOf(). */
export function described(
  network: Network,
  manifest: Manifest,
  pixels?: number,
): { inputs: string[]; inputShapes: Record<string, Shape>; output: string; passes: Pass[] } {
  if (network === "embedder") {
    const { input, output, size, background } = manifest.embedder!;
    const inputShapes = { [input.name]: pictureShape(input, { width: size, height: size }) };
    // The picture is grey, so its channels are equal.
    const passes = [sumGreyInput(input.name), ...(background === undefined ? [] : [leadOutput(output, background)])];
    return { inputs: [input.name], inputShapes, output, passes };
  }
  const { inputs, output } = manifest.colorizer;
  const { padded } = squareOf(manifest, pixels);
  // Where the file states the embedding's length, the colorizer compiles while the larger embedder is still downloading.
  const shapes = inputs.flatMap((input): [string, Shape][] =>
    input.kind === "embedding" ? [] : [[input.name, pictureShape(input, padded)]],
  );
  return {
    inputs: inputs.map(({ name }) => name),
    inputShapes: Object.fromEntries(shapes),
    output: output.name,
    // The colour kernel interpolates, so the network's last upsampling is dropped.
    passes: [dropLastUpsampling, ...inputs.filter(isPicture).map(({ name }) => sumGreyInput(name))],
  };
}

/** The square picture of side `pixels`, by default of the manifest's size, for which the networks are compiled at load. */
export function squareOf({ colorizer: { size } }: Manifest, pixels = size.pixels): WorkingSize {
  return workingSize({ width: 1, height: 1 }, pixels, size.multiple);
}

/**
 * The size at which the networks see a picture: with as many pixels as a square of side `size`, by default of the manifest's size. Throws
 * InputError for a size that no picture has, and one that the network does not take.
 */
export function workingSizeOf(
  { name, colorizer }: Manifest,
  picture: Size,
  size: number = colorizer.size.pixels,
): WorkingSize {
  for (const side of [picture.width, picture.height])
    if (!Number.isInteger(side) || side < 1)
      throw new InputError({ where: "picture", expected: "whole sizes of at least 1 pixel", received: `${side}` });
  const { multiple, shape, pixels } = colorizer.size;
  if (shape === "free") return workingSize(picture, size, multiple);
  // A network that was exported for one size has no other.
  if (multiple === pixels && size !== pixels)
    throw new InputError({
      where: "size",
      expected: `${pixels} pixels, the only size of ${name}`,
      received: `${size}`,
    });
  return workingSize({ width: 1, height: 1 }, size, multiple);
}

/** As workingSizeOf(), of a size that a user may have given. Throws InputError for one out of range, too. */
export function askedSizeOf(manifest: Manifest, picture: Size, size?: number): WorkingSize {
  if (size !== undefined) checkNumber(SIZE, size);
  return workingSizeOf(manifest, picture, size);
}

/** The largest multiple up to half of a working size, by default of the model's, where the network takes that; else `size`. */
export function smallerSize({ colorizer }: Manifest, size?: number): number | undefined {
  const { multiple, pixels } = colorizer.size;
  const half = Math.floor((size ?? pixels) / 2 / multiple) * multiple;
  return half < Math.max(multiple, SIZE.least) ? size : half;
}

/** Fills the network's constant inputs. Throws DeviceError. */
export async function fillConstants(
  device: GPUDevice,
  network: BoundProgram,
  { colorizer }: Manifest,
  elem: Elem,
): Promise<void> {
  const scope = new CommandScope(device, { where: "constant inputs" });
  for (const input of colorizer.inputs) {
    if (input.kind !== "constant") continue;
    const { shape } = network.program.inputs.find(({ name }) => name === input.name)!;
    const values = storedElements(new Float32Array(sizeOf(shape)).fill(input.value), elem);
    scope.run(() => device.queue.writeBuffer(network.input(input.name), 0, values));
  }
  await scope.check();
}
