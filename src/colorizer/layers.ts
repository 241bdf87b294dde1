/** What the layers of a model's networks compute. */
import { InputError } from "../base/errors";
import { readActivations, type Activations } from "../gpu/activations";
import type { PixelSource } from "../image/source";
import type { DeviceParts } from "./device-parts";
import { askedSizeOf } from "./network-inputs";
import type { ColorizeOptions, ColorizerProfile } from "./options";
import { fillInputs } from "./predict";

export type { Activations };

/** A layer of a network, and the working size. */
export interface LayerOptions extends Pick<ColorizeOptions, "size" | "signal"> {
  readonly network: keyof ColorizerProfile;
  /** Name of the value that the layer computes: `output` of a row of the profile. */
  readonly output: string;
}

/** What a layer computes for a picture, for which the networks run up to it. Throws InputError for a layer that is not there, and DeviceError. */
export async function layerOf(
  { networks, stages }: Pick<DeviceParts, "networks" | "stages">,
  source: PixelSource,
  { network, output, size }: LayerOptions,
): Promise<Activations> {
  const bound = await networks.bind(askedSizeOf(networks.manifest, source, size));
  const program = bound[network];
  if (!program)
    throw new InputError({ where: "activations()", expected: "a network of the model", received: String(network) });
  await fillInputs(networks, stages, bound, source);
  return readActivations(networks.device, program, output);
}
