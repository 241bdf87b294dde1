/** Products in f16, four of them summed there before they are added to a sum of f32: on many GPUs twice as fast as in f32. */
import macHalfLib from "../../../shaders/lib/conv-mac-half.wgsl?raw";
import { KernelError } from "../../errors";
import type { ConvAlgorithm } from "./algorithm";
import { direct } from "./direct";
import { gatherLibsWith } from "./gather";
import { convWorkgroup, workgroup } from "./workgroup";
import { conv2d, conv2dWgsl, type Conv2dParams } from "./conv2d";
import type { Kernel } from "../kernel";

export const convHalf: Omit<Kernel<Conv2dParams>, "plan"> = { ...conv2d, wgsl: conv2dWgsl({ mac: macHalfLib }) };

export const convWorkgroupHalf: Omit<Kernel<Conv2dParams>, "plan"> = {
  ...convWorkgroup,
  libs: gatherLibsWith(macHalfLib),
};

/** The kernels that multiply in f32 -> those that do the same in f16. */
const HALVES: Readonly<Record<string, string>> = { conv2d: "convHalf", convWorkgroup: "convWorkgroupHalf" };

/**
 * Variants: those of `direct` and of `workgroup`, where src and weights are stored in f16. Sums of four products must
 * stay below 65,504.
 */
export const half: ConvAlgorithm = {
  name: "half",
  readsSlices: true,
  variants: (params, device) =>
    params.elem === "f16" ? [direct, workgroup].flatMap(({ variants }) => variants(params, device)) : [],
  plan(params, variant) {
    if (params.elem !== "f16") throw new KernelError("conv2d", "src and weights in f16", params.elem);
    const { steps } = (variant.includes("x") ? workgroup : direct).plan(params, variant);
    return { steps: steps.map((step) => ({ ...step, kernel: HALVES[step.kernel]! })) };
  },
};
