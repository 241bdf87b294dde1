/** What a picture costs, without running the networks. */
import { outputChannels } from "../image/chroma";
import type { PictureStages } from "../image/picture-stages";
import type { Size } from "../base/size";
import { askedSizeOf } from "./network-inputs";
import type { Networks } from "./networks";
import type { ColorizePlan } from "./options";

/** Sizes and GPU memory for a picture. Throws InputError for a wrong size. */
export function planOf(networks: Networks, stages: PictureStages, picture: Size, size?: number): ColorizePlan {
  const working = askedSizeOf(networks.manifest, picture, size);
  const { embedder, colorizer } = networks.plan(working);
  const targets = networks.targetSizes(working).map((size) => ({ size }));
  const weightBytes = (embedder?.weightBytes ?? 0) + colorizer.weightBytes;
  const activationBytes = (embedder?.activationBytes ?? 0) + colorizer.activationBytes;
  const map = networks.outputSize(colorizer);
  const stored = { channels: outputChannels(networks.manifest.colorizer.output), elem: networks.elem };
  const pictureBytes = stages.peakBytes(picture, targets, map, stored);
  return {
    workingSize: working.size,
    paddedSize: working.padded,
    peakBytes: weightBytes + activationBytes + pictureBytes,
    weightBytes,
    activationBytes,
    pictureBytes,
    flops: (embedder?.flops ?? 0) + colorizer.flops,
  };
}
