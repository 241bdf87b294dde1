/** Sizes of pictures and what they cost, without running the networks. */
import { outputChannels } from "../image/chroma";
import type { WorkingSize } from "../image/layout";
import type { PictureStages } from "../image/picture-stages";
import type { Size } from "../kernels/picture/tile";
import { InputError } from "../base/errors";
import { checkNumber, SIZE } from "../base/option-checks";
import type { Networks } from "./networks";
import type { ColorizePlan } from "./options";

/** Sizes and GPU memory for a picture. Throws InputError for a wrong size. */
export function planOf(networks: Networks, stages: PictureStages, picture: Size, size?: number): ColorizePlan {
  const working = workingSizeOf(networks, picture, size);
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

/** The size at which the networks see a picture, of `size` or else the model's usual one. Throws InputError for wrong sizes. */
export function workingSizeOf(networks: Networks, picture: Size, size: number | undefined): WorkingSize {
  checkPicture(picture);
  if (size !== undefined) checkNumber(SIZE, size);
  return networks.workingSize(picture, size);
}
