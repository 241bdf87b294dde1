/** Sizes of pictures and what they cost, without running the networks. */
import { outputChannels } from "../image/chroma";
import type { WorkingSize } from "../image/layout";
import type { PictureStages } from "../image/picture-stages";
import type { Size } from "../kernels/picture/tile";
import { InputError } from "../base/errors";
import type { Networks } from "./networks";
import type { ColorizePlan } from "./options";

export function planOf(networks: Networks, stages: PictureStages, picture: Size, working: WorkingSize): ColorizePlan {
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

/** Throws InputError for a size that no picture has. */
export function checkPicture({ width, height }: Size): void {
  for (const n of [width, height])
    if (!Number.isInteger(n) || n < 1)
      throw new InputError({ where: "picture", expected: "whole sizes of at least 1 pixel", received: `${n}` });
}
