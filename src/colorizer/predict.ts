/** A picture's way through the networks: its luminance into their inputs, and what the colorizer says of it. */
import { CommandScope } from "../gpu/command-scope";
import { readChroma, type KeptChroma } from "../image/chroma";
import type { PictureStages } from "../image/picture-stages";
import type { PixelSource } from "../image/source";
import type { BoundNetworks, Networks } from "./networks";

interface PredictOptions {
  /** One kept from another prediction: then the embedder does not run. */
  readonly embedding?: Uint8Array<ArrayBuffer>;
  /** Called as each stage starts. */
  readonly onStage?: (stage: "luminance" | "embedding" | "chroma") => void;
}

/**
 * Starts a prediction. When the promise is fulfilled, all work is submitted: the networks may take the next picture while `reading` is
 * awaited. Throws DeviceError.
 */
export async function startPrediction(
  networks: Networks,
  stages: PictureStages,
  bound: BoundNetworks,
  source: PixelSource,
  { embedding, onStage }: PredictOptions = {},
): Promise<{ readonly reading: Promise<KeptChroma> }> {
  onStage?.("luminance");
  await stages.luminance(source, networks.targets(bound, embedding ? "colorizer" : "both"));
  onStage?.("embedding");
  await networks.embed(bound, embedding);
  onStage?.("chroma");
  const scope = new CommandScope(networks.device, { where: "chroma" });
  const reading = readChroma(networks.device, networks.predict(bound, scope), networks.elem, bound.working, scope);
  return { reading };
}
