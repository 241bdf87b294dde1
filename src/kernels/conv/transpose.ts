/** Transposed convolution ("deconvolution") of NHWC images with bias and activation. */
import wgsl from "../../../shaders/conv/transpose.wgsl?raw";
import { activationConstants, type ActivationParams } from "../activation";
import { elemBytes, linearGrid, type Elem, type Kernel } from "../kernel";
import { checkWindow, windowSizes, type WindowParams } from "../window";

/** Strides, pads and dilations apply to the output; outHeight and outWidth include ONNX's output padding. */
interface ConvTranspose2dParams extends WindowParams {
  readonly activation: ActivationParams;
  readonly elem: Elem;
}

/** src [N,H,W,C], weights [KH,KW,OC/groups,C], bias [OC] -> dst [N,OH,OW,OC]. */
export const convTranspose2d: Kernel<ConvTranspose2dParams> = {
  name: "conv/transpose",
  wgsl,
  bindings: { src: "read", weights: "read", bias: "read", dst: "write" },
  plan(params) {
    checkWindow("conv/transpose", params);
    const { batch, inChannels, outChannels, groups, elem } = params;
    const taps = params.kernel[0] * params.kernel[1];
    const pixels = batch * params.outHeight * params.outWidth;
    const inputs = batch * params.inHeight * params.inWidth;
    const groupIn = inChannels / groups;
    const groupOut = outChannels / groups;
    const groupBlocks = Math.ceil(groupOut / 4);
    return {
      constants: {
        ...windowSizes(params),
        ...activationConstants(params.activation),
        elem,
        GROUP_IN_C: groupIn,
        GROUP_OUT_C: groupOut,
        GROUP_BLOCKS: groupBlocks,
        BLOCKS: groups * groupBlocks,
        IN_C: inChannels,
        OUT_C: outChannels,
        COUNT: pixels * groups * groupBlocks,
      },
      flags: { VECTOR_IN: groupIn % 4 === 0 },
      grid: linearGrid(pixels * groups * groupBlocks),
      // Each input value is multiplied by every tap, including taps that fall outside the output.
      flops: 2 * inputs * taps * inChannels * groupOut,
      bytes:
        elemBytes(elem) * (inputs * inChannels + pixels * outChannels + taps * groupOut * inChannels + outChannels),
    };
  },
};
