/** Ways of computing a convolution, by name: "algorithm/variant", such as "direct/4". */
import { KernelError } from "../../errors";
import type { ConvAlgorithm, ConvDevice, ConvPlan } from "./algorithm";
import { direct } from "./direct";
import { flat } from "./flat";
import { int8 } from "./int8";
import type { Conv2dParams } from "./conv2d";

/** What every adapter may use; addMoreConvs() of src/graph/more-convs.ts adds the others. */
export const ALGORITHMS: ConvAlgorithm[] = [direct, int8, flat];

/** "algorithm/variant". */
export type ConvChoice = string;

/** What every convolution can be computed with, everywhere. */
export const DEFAULT_CHOICE: ConvChoice = "direct/4";

/** Everything that computes this convolution on such a device; DEFAULT_CHOICE is among it. */
export function convChoices(params: Conv2dParams, device: ConvDevice): ConvChoice[] {
  const able = ALGORITHMS.filter(({ readsSlices }) => readsSlices || !params.srcSlice);
  return able.flatMap(({ name, variants }) => variants(params, device).map((variant) => `${name}/${variant}`));
}

/** The dispatches of a choice. Throws KernelError for an algorithm that is not among them and for parameters it does not take. */
export function planConvolution(params: Conv2dParams, choice: ConvChoice): ConvPlan {
  const [name, variant = ""] = choice.split("/");
  const algorithm = ALGORITHMS.find((one) => one.name === name);
  if (!algorithm) throw new KernelError("conv2d", `one of ${ALGORITHMS.map((one) => one.name).join(", ")}`, choice);
  if (params.srcSlice && !algorithm.readsSlices) throw new KernelError("conv2d", "a choice that reads slices", choice);
  return algorithm.plan(params, variant);
}

/** Names a distinct convolution, activation aside: the key of tuned choices. */
export function convKey(p: Conv2dParams): string {
  const slices = [
    p.srcSlice && `from${p.srcSlice.first}/${p.srcSlice.channels}`,
    p.slice && `to${p.slice.first}/${p.slice.channels}`,
    p.residual && "residual",
    p.upsample && `up${p.upsample.join("x")}`,
    p.pool && "pool",
    p.int8 && "int8",
  ];
  return [
    `${p.batch}x${p.inHeight}x${p.inWidth}x${p.inChannels}`,
    `${p.outHeight}x${p.outWidth}x${p.outChannels}`,
    `k${p.kernel.join("x")}`,
    `s${p.strides.join("x")}`,
    `p${p.padTop}x${p.padLeft}`,
    `d${p.dilations.join("x")}`,
    `g${p.groups}`,
    p.elem,
    ...slices.filter(Boolean),
  ].join(" ");
}
