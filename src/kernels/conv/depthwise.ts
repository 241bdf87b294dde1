/** Depthwise convolution: as many groups as input channels, and one output channel each. */
import wgsl from "../../../shaders/conv/depthwise.wgsl?raw";
import { KernelError } from "../../base/errors";
import { activationConstants, type ActivationParams } from "../activation";
import { elemBytes, linearGrid, type Elem, type Kernel } from "../kernel";
import { checkWindow, windowSizes, type WindowParams } from "../window";

interface DepthwiseConv2dParams extends WindowParams {
  readonly activation: ActivationParams;
  /** Whether a tensor of the output's shape is added before the activation. */
  readonly residual: boolean;
  readonly elem: Elem;
}

/** src [N,H,W,C], weights [KH,KW,1,C], bias [C], residual [N,OH,OW,C] -> dst [N,OH,OW,C]; groups = C. */
export const depthwiseConv2d: Kernel<DepthwiseConv2dParams> = {
  name: "conv/depthwise",
  wgsl,
  bindings: { src: "read", weights: "read", bias: "read", residual: "read", dst: "write" },
  plan(params) {
    checkWindow("conv/depthwise", params);
    const { batch, inChannels, outChannels, groups, elem, residual } = params;
    if (groups !== inChannels || outChannels !== inChannels)
      throw new KernelError(
        "conv/depthwise",
        "groups = inChannels = outChannels",
        `${groups} groups, ${inChannels} -> ${outChannels} channels`,
      );
    const taps = params.kernel[0] * params.kernel[1];
    const pixels = batch * params.outHeight * params.outWidth;
    const vectors = Math.ceil(inChannels / 4);
    const images = batch * params.inHeight * params.inWidth + pixels * (residual ? 2 : 1);
    return {
      constants: {
        ...windowSizes(params),
        ...activationConstants(params.activation),
        elem,
        CHANNELS: inChannels,
        CHANNELS4: vectors,
        COUNT: pixels * vectors,
      },
      flags: { VECTOR: inChannels % 4 === 0, RESIDUAL: residual },
      grid: linearGrid(pixels * vectors),
      flops: 2 * pixels * taps * inChannels,
      bytes: elemBytes(elem) * inChannels * (images + taps + 1),
      unbound: residual ? [] : ["residual"],
    };
  },
};
