/** Predicts chroma: writes a picture's luminance into the networks' inputs and runs the networks. */
import { CommandScope } from "../gpu/command-scope";
import { readChroma, type KeptChroma } from "../image/chroma";
import type { PictureStages } from "../image/picture-stages";
import type { PixelSource } from "../image/source";
import { hintInputs, hintPlanes, writeHints, type CheckedHint } from "./hints";
import type { BoundNetworks, Networks } from "./networks";

interface PredictOptions {
  /** The embedding of an earlier prediction; with it, the embedder does not run. */
  readonly embedding?: Uint8Array<ArrayBuffer>;
  readonly hints?: readonly CheckedHint[];
  /** Called as each stage starts. */
  readonly onStage?: (stage: "luminance" | "embedding" | "chroma") => void;
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
  { embedding, hints = [], onStage }: PredictOptions = {},
): Promise<{ readonly reading: Promise<KeptChroma> }> {
  const { colorizer, working } = bound;
  onStage?.("luminance");
  const targets = networks.targets(bound, embedding ? "colorizer" : "both");
  const map = networks.outputSize(colorizer.program);
  const luminance = await stages.luminance(source, targets, { ...working, map });
  const inputs = hintInputs(networks.manifest);
  if (inputs.length > 0)
    await writeHints(networks.device, colorizer, inputs, hintPlanes(hints, source, working), networks.elem);
  onStage?.("embedding");
  await networks.embed(bound, embedding);
  onStage?.("chroma");
  const scope = new CommandScope(networks.device, { where: "chroma" });
  const prediction = networks.predict(bound, scope);
  const reading = readChroma(networks.device, prediction, networks.elem, { ...working, luminance }, scope);
  return { reading };
}
