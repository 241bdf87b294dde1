/** Ways of computing convolutions that are not for every adapter, in a file of its own for pages to load. */
import { ALGORITHMS } from "../kernels/conv/algorithms";
import { composed } from "../kernels/conv/composed";
import { convHalf, convWorkgroupHalf, half } from "../kernels/conv/half";
import { convHalfWeights, halfWeights } from "../kernels/conv/half-weights";
import { convPart, convSum, splitK } from "../kernels/conv/split";
import { convSubgroup, subgroup } from "../kernels/conv/subgroup";
import { winograd } from "../kernels/conv/winograd";
import { convWorkgroup, workgroup } from "../kernels/conv/workgroup";
import { TRANSFORMS } from "../kernels/packing";
import { resize2d } from "../kernels/resize2d";
import { winogradInput, winogradOutput } from "../kernels/conv/winograd-transforms";
import { transformWeights } from "../kernels/conv/winograd-weights";
import { KERNELS } from "./registry";

/** Makes every way known to convChoices() and planConvolution(). */
export function addMoreConvs(): void {
  if (KERNELS["winogradInput"]) return;
  ALGORITHMS.push(winograd, half, halfWeights, ...[splitK, workgroup, subgroup].map(composed));
  TRANSFORMS.winograd = transformWeights;
  Object.assign(KERNELS, {
    convHalf,
    convHalfWeights,
    convPart,
    convSubgroup,
    convSum,
    convWorkgroup,
    convWorkgroupHalf,
  });
  // resize2d: enlarges for ways that do not.
  Object.assign(KERNELS, { resize2d, winogradInput, winogradOutput });
}
