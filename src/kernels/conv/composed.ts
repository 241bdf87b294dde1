/** Extends an algorithm for plain convolutions by separate dispatches for upsampling and pooling. */
import type { ConvAlgorithm, ConvOperand, ConvStep } from "./algorithm";
import { isPlain, type Conv2dParams } from "./params";
import { pool2d } from "../pool2d";
import { resize2d } from "../resize2d";

const TIMES_ONE = [1, 1] as const;

/** The convolution without upsampling and pooling. */
function plainPart(params: Conv2dParams): Conv2dParams {
  const { upsample = TIMES_ONE, pool: _, ...plain } = params;
  return { ...plain, inHeight: params.inHeight * upsample[0], inWidth: params.inWidth * upsample[1] };
}

function upsampling({ upsample = TIMES_ONE, batch, inHeight, inWidth, inChannels, elem }: Conv2dParams): ConvStep {
  const [outHeight, outWidth] = [inHeight * upsample[0], inWidth * upsample[1]];
  const sampling = { mode: "nearest", coordinates: "asymmetric", nearest: "floor", scales: upsample } as const;
  const sizes = { batch, inHeight, inWidth, channels: inChannels, outHeight, outWidth };
  return {
    kernel: "resize2d",
    plan: resize2d.plan({ ...sizes, ...sampling, elem }),
    operands: { src: "src", dst: "#up" },
  };
}

function pooling({ batch, outHeight, outWidth, outChannels, elem }: Conv2dParams): ConvStep {
  const pair = [2, 2] as const;
  const sizes = { batch, inHeight: outHeight, inWidth: outWidth, outHeight: outHeight / 2, outWidth: outWidth / 2 };
  const window = { kind: "max", kernel: pair, strides: pair, dilations: TIMES_ONE, countIncludePad: false } as const;
  const pads = { padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 };
  const plan = pool2d.plan({ ...sizes, channels: outChannels, ...window, ...pads, elem });
  return { kernel: "pool2d", plan, operands: { src: "#all", dst: "dst" } };
}

/** Adds upsampling and pooling to an algorithm for plain convolutions, and stores the upsampled src or the unpooled dst. */
export function composed(algorithm: ConvAlgorithm): ConvAlgorithm {
  return {
    ...algorithm,
    variants(params, device) {
      // Resize and pooling steps read and write whole tensors, not slices.
      if ((params.upsample && params.srcSlice) || (params.pool && params.slice)) return [];
      return algorithm.variants(plainPart(params), device);
    },
    plan(params, variant) {
      const plain = plainPart(params);
      const { steps, temporaries = {} } = algorithm.plan(plain, variant);
      if (isPlain(params)) return { steps, temporaries };
      const { upsample, pool, batch } = params;
      const moved: Partial<Record<ConvOperand, ConvOperand>> = {
        ...(upsample && { src: "#up" }),
        ...(pool && { dst: "#all" }),
      };
      const inner = steps.map((step) => ({
        ...step,
        operands: Object.fromEntries(Object.entries(step.operands).map(([name, of]) => [name, moved[of] ?? of])),
      }));
      return {
        steps: [...(upsample ? [upsampling(params)] : []), ...inner, ...(pool ? [pooling(params)] : [])],
        temporaries: {
          ...temporaries,
          ...(upsample && { "#up": batch * plain.inHeight * plain.inWidth * plain.inChannels }),
          ...(pool && { "#all": batch * plain.outHeight * plain.outWidth * plain.outChannels }),
        },
      };
    },
  };
}
