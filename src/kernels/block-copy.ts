/** DepthToSpace and SpaceToDepth: ops that move elements between channels and blocks of pixels. */
import { requirePositive } from "./checks";
import type { Elem, Kernel } from "./kernel";
import { stridesOf } from "../base/strides";
import { copyPlan, stridedCopy } from "./strided-copy";

interface DepthToSpaceParams {
  readonly batch: number;
  /** Of src. */
  readonly height: number;
  readonly width: number;
  /** Of src; a multiple of block x block. */
  readonly channels: number;
  readonly block: number;
  /** DCR: a channel of src is [block row][block column][channel]; CRD: [channel][block row][block column]. */
  readonly mode: "DCR" | "CRD";
  readonly elem: Elem;
}

/** ONNX DepthToSpace. [N, H, W, C] -> [N, H*B, W*B, C/(B*B)]. */
export const depthToSpace: Kernel<DepthToSpaceParams> = {
  ...stridedCopy,
  plan({ batch, height, width, channels, block, mode, elem }) {
    const outChannels = channels / (block * block);
    requirePositive("depth-to-space", { batch, height, width, block, "channels / block^2": outChannels });
    const dims = [batch, height, block, width, block, outChannels];
    const pixel = width * channels;
    const [row, column, channel] = mode === "DCR" ? [block * outChannels, outChannels, 1] : [block, 1, block * block];
    const srcStrides = [height * pixel, pixel, row, channels, column, channel];
    const dstStrides = stridesOf(dims);
    return copyPlan("depth-to-space", { dims, srcStrides, dstStrides, elem });
  },
};

interface SpaceToDepthParams {
  readonly batch: number;
  /** Of src; multiples of block. */
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly block: number;
  readonly elem: Elem;
}

/** ONNX SpaceToDepth. [N, H, W, C] -> [N, H/B, W/B, B*B*C]; a channel of dst is [block row][block column][channel]. */
export const spaceToDepth: Kernel<SpaceToDepthParams> = {
  ...stridedCopy,
  plan({ batch, height, width, channels, block, elem }) {
    const rows = height / block;
    const columns = width / block;
    requirePositive("space-to-depth", { batch, channels, block, "height / block": rows, "width / block": columns });
    const dims = [batch, rows, columns, block, block, channels];
    const line = width * channels;
    const srcStrides = [height * line, block * line, block * channels, line, channels, 1];
    const dstStrides = stridesOf(dims);
    return copyPlan("space-to-depth", { dims, srcStrides, dstStrides, elem });
  },
};
