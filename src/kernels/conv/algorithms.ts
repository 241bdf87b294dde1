/** The convolution algorithms, and plans by the name of a choice: "algorithm/variant", such as "direct/4". */
import { KernelError } from "../../base/errors";
import type { ConvAlgorithm, ConvDevice, ConvPlan } from "./algorithm";
import { composed } from "./composed";
import { direct } from "./direct";
import { flat } from "./flat";
import { half } from "./half";
import { halfWeights } from "./half-weights";
import { int8 } from "./int8";
import type { Conv2dParams } from "./params";
import { prefetch } from "./prefetch";
import { split } from "./split";
import { splitWorkgroup } from "./split-workgroup";
import { subgroup } from "./subgroup";
import { winograd } from "./winograd";
import { workgroup } from "./workgroup";

/** Every algorithm, in the order in which convChoices() offers them. */
export const CONV_ALGORITHMS: readonly ConvAlgorithm[] = [
  direct,
  int8,
  flat,
  winograd,
  half,
  halfWeights,
  composed(split),
  composed(splitWorkgroup),
  composed(workgroup),
  composed(prefetch),
  composed(subgroup),
];

/** "algorithm/variant". */
export type ConvChoice = string;

/** The choice that supports every convolution on every device. */
export const DEFAULT_CHOICE: ConvChoice = "direct/4";

/** All choices among `algorithms` that support this convolution on such a device. */
export function convChoices(
  algorithms: readonly ConvAlgorithm[],
  params: Conv2dParams,
  device: ConvDevice,
): ConvChoice[] {
  const able = algorithms.filter(({ readsSlices }) => readsSlices || !params.srcSlice);
  return able.flatMap(({ name, variants }) => variants(params, device).map((variant) => `${name}/${variant}`));
}

/** The dispatches of a choice. Throws KernelError for an unknown algorithm and for parameters that it does not support. */
export function planConvolution(
  algorithms: readonly ConvAlgorithm[],
  params: Conv2dParams,
  choice: ConvChoice,
): ConvPlan {
  const [name, variant = ""] = choice.split("/");
  const algorithm = algorithms.find((one) => one.name === name);
  if (!algorithm)
    throw new KernelError("convolution", `one of ${algorithms.map((one) => one.name).join(", ")}`, choice);
  if (params.srcSlice && !algorithm.readsSlices)
    throw new KernelError("convolution", "an algorithm that reads slices of channels", choice);
  return algorithm.plan(params, variant);
}

/** Identifies a convolution apart from its activation: the key of tuned choices. */
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
