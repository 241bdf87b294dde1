/** Predicts chroma: writes a picture's luminance into the networks' inputs and runs the networks. */
import type { BoundProgram } from "../gpu/bound-program";
import { checkProgram } from "../gpu/check-program";
import { CommandScope } from "../gpu/command-scope";
import { readChroma, type KeptChroma } from "../image/chroma";
import type { PictureStages } from "../image/picture-stages";
import type { PixelSource } from "../image/source";
import type { Size } from "../kernels/picture/tile";
import type { Look } from "./look";
import type { BoundNetworks, Networks } from "./networks";

interface PredictOptions {
  /** The embedding of an earlier prediction; with it, the embedder does not run. */
  readonly embedding?: Uint8Array<ArrayBuffer>;
  /** Called as each stage starts. */
  readonly onStage?: (stage: "luminance" | "embedding" | "chroma") => void;
}

/** A picture's colour as the network predicted it, and its look. */
export interface Predicted {
  readonly source: PixelSource;
  readonly chroma: KeptChroma;
  readonly look: Look;
  readonly notes: readonly string[];
}

/** A note where the network's picture is smaller than asked for. */
export function sizeNotes(asked: Size, used: Size): string[] {
  if (asked.width === used.width && asked.height === used.height) return [];
  const text = ({ width, height }: Size): string => `${width} x ${height}`;
  return [`the device was lost twice: predicted at ${text(used)} pixels, not ${text(asked)}`];
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
  { embedding, onStage }: PredictOptions = {},
): Promise<{ readonly reading: Promise<KeptChroma> }> {
  const { colorizer, working } = bound;
  onStage?.("luminance");
  const targets = networks.targets(bound, embedding ? "colorizer" : "both");
  const map = networks.outputSize(colorizer.program);
  const luminance = await stages.luminance(source, targets, { ...working, map });
  onStage?.("embedding");
  if (!embedding) await checkLayers(networks, bound.embedder);
  await networks.embed(bound, embedding);
  onStage?.("chroma");
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
