/** Max and average pooling. */
import wgsl from "../../shaders/pool2d.wgsl?raw";
import type { Pair } from "../base/pair";
import { KernelError } from "../base/errors";
import { lanesFor, requirePositive, unitTypes } from "./checks";
import { elemBytes, linearGrid, type Elem, type Kernel } from "./kernel";
import { windowSizes, type ChannelSlice, type PictureSizes } from "./window";

/** outHeight and outWidth are the sizes after ceil_mode is resolved; windows may reach past the padding. */
interface Pool2dParams extends PictureSizes {
  /** Pairs are [along height, along width]. */
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padTop: number;
  readonly padLeft: number;
  /** Used for countIncludePad alone: the padding that counts at the bottom and right. */
  readonly padBottom: number;
  readonly padRight: number;
  readonly kind: "max" | "average";
  /** The channels of dst that are written. Default: dst has no others. */
  readonly slice?: ChannelSlice;
  /** Whether average pooling divides by the taps inside the padded image (true) or inside the image (false). */
  readonly countIncludePad: boolean;
  readonly elem: Elem;
}

/** ONNX MaxPool and AveragePool. [N, H, W, C] -> [N, OH, OW, C], or C of its channels. */
export const pool2d: Kernel<Pool2dParams> = {
  name: "pool2d",
  wgsl,
  bindings: { src: "read", dst: "write" },
  plan(params) {
    const { batch, inHeight, inWidth, channels, outHeight, outWidth, kernel, strides, dilations, kind, elem } = params;
    const { padTop, padLeft, padBottom, padRight } = params;
    requirePositive("pool2d", { batch, inHeight, inWidth, channels, outHeight, outWidth, kernel, strides, dilations });
    const pads = [padTop, padLeft, padBottom, padRight];
    if (!pads.every((n) => Number.isInteger(n) && n >= 0))
      throw new KernelError("pool2d", "pads to be integers of at least 0", pads.join(", "));
    const to = params.slice ?? { first: 0, channels };
    const lanes = lanesFor(channels, to.first, to.channels);
    const outputs = batch * outHeight * outWidth * channels;
    return {
      constants: {
        ...unitTypes(elem, lanes),
        AVERAGE: kind === "average",
        PADDING_COUNTS: params.countIncludePad,
      },
      // Layers that differ only in these share a pipeline.
      runtime: {
        ...windowSizes(params),
        UNITS: channels / lanes,
        DST_UNITS: to.channels / lanes,
        DST_FIRST: to.first / lanes,
        COUNT: outputs / lanes,
        PADDED_H: inHeight + padBottom,
        PADDED_W: inWidth + padRight,
      },
      grid: linearGrid(outputs / lanes),
      flops: outputs * kernel[0] * kernel[1],
      bytes: (batch * inHeight * inWidth * channels + outputs) * elemBytes(elem),
    };
  },
};
