/** Predicts chroma: writes a picture's luminance into the networks' inputs and runs the networks. */
import type { BoundProgram } from "../gpu/bound-program";
import { checkProgram } from "../gpu/check-program";
import { CommandScope } from "../gpu/command-scope";
import { readChroma, type KeptChroma } from "../image/chroma";
import type { PictureStages } from "../image/picture-stages";
import type { PixelSource } from "../image/source";
import type { Size } from "../base/size";
import { hintInputs, hintPlanes, writeHints, type CheckedHint } from "./hints";
import type { Look } from "./look";
import type { ColorizeOptions } from "./options";
import type { ColorizeTimings, ResultFacts } from "./result";
import type { BoundNetworks, Networks } from "./networks";

interface PredictOptions {
  /** The embedding of an earlier prediction; with it, the embedder does not run. */
  readonly embedding?: Uint8Array<ArrayBuffer>;
  readonly hints?: readonly CheckedHint[];
  /** Called as each stage starts. */
  readonly onStage?: (stage: "luminance" | "embedding" | "chroma") => void;
}

/** How the networks run for one picture. */
export interface RunOptions extends Pick<ColorizeOptions, "size" | "signal"> {
  readonly hints: readonly CheckedHint[];
  /** Whether to halve the working size. */
  readonly smaller: boolean;
}

/** A picture's colour as the network predicted it, and its look. */
export interface Predicted extends Pick<ColorizeOptions, "size"> {
  readonly source: PixelSource;
  readonly chroma: KeptChroma;
  readonly look: Look;
  readonly hints: readonly CheckedHint[];
  readonly notes: readonly string[];
}

/** What a result tells of itself. */
export function resultFacts(
  { source, chroma, look, notes }: Predicted,
  data: ResultFacts["data"],
  timings: ColorizeTimings,
): ResultFacts {
  const { width, height } = source;
  return { ...look, width, height, data, workingSize: chroma.size, notes, timings };
}

/** A note where the network's picture is smaller than asked for. */
export function sizeNotes(asked: Size, used: Size): string[] {
  if (asked.width === used.width && asked.height === used.height) return [];
  const text = ({ width, height }: Size): string => `${width} x ${height}`;
  return [`the device was lost twice: predicted at ${text(used)} pixels, not ${text(asked)}`];
}

/** Fills the inputs of the networks for a picture, for which the embedder runs. Returns the lightness that guides its chroma. Throws DeviceError. */
export async function fillInputs(
  networks: Networks,
  stages: PictureStages,
  bound: BoundNetworks,
  source: PixelSource,
  { embedding, hints = [], onStage }: PredictOptions = {},
): Promise<KeptChroma["luminance"]> {
  const { colorizer, working } = bound;
  onStage?.("luminance");
  const targets = networks.targets(bound, embedding ? "colorizer" : "both");
  const map = networks.outputSize(colorizer.program);
  const luminance = await stages.luminance(source, targets, { ...working, map });
  const inputs = hintInputs(networks.manifest);
  if (inputs.length > 0)
    await writeHints(networks.device, colorizer, inputs, hintPlanes(hints, source, working), networks.elem);
  onStage?.("embedding");
  if (!embedding) await checkLayers(networks, bound.embedder);
  await networks.embed(bound, embedding);
  return luminance;
}

/**
 * Starts a prediction. When the promise resolves, all work is submitted, so the networks may start on the next picture while
 * `reading` is awaited. Throws DeviceError.
 */
export async function startPrediction(
  networks: Networks,
  stages: PictureStages,
  bound: BoundNetworks,
  source: PixelSource,
  options: PredictOptions = {},
): Promise<{ readonly reading: Promise<KeptChroma> }> {
  const { colorizer, working } = bound;
  const luminance = await fillInputs(networks, stages, bound, source, options);
  options.onStage?.("chroma");
  await checkLayers(networks, colorizer);
  const scope = new CommandScope(networks.device, { where: "chroma" });
  const prediction = networks.predict(bound, scope);
  const reading = readChroma(networks.device, prediction, networks.elem, { ...working, luminance }, scope);
  return { reading };
}

/** Throws DeviceError with the first layer whose numbers are wrong, where the networks are to be checked. */
async function checkLayers({ device, check }: Networks, program: BoundProgram | undefined): Promise<void> {
  if (check && program) await checkProgram(device, program, check);
}
