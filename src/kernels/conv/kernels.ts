/** The kernels that plans of convolution algorithms name. */
import type { AnyKernel } from "../kernel";
import { pool2d } from "../pool2d";
import { resize2d } from "../resize2d";
import { convDirect } from "./direct";
import { convFlat } from "./flat";
import { convPrefetch } from "./prefetch";
import { convSplitSum } from "./split";
import { convSplitWorkgroup } from "./split-workgroup";
import { convSubgroup } from "./subgroup";
import { convWinogradInput, convWinogradOutput } from "./winograd-transforms";
import { convWorkgroup } from "./workgroup";

/** Kernels by the names that steps use. Kernels that differ only in their plans share a shader and its pipelines. */
export const CONV_KERNELS: Readonly<Record<string, AnyKernel>> = {
  convDirect,
  convFlat,
  convHalf: convDirect,
  convHalfWeights: convDirect,
  convHalfWorkgroup: convWorkgroup,
  convInt8: convDirect,
  convPrefetch,
  convSplit: convDirect,
  convSplitSum,
  convSplitWorkgroup,
  convSubgroup,
  convWinogradInput,
  convWinogradOutput,
  convWorkgroup,
  // Used by composed() for algorithms without pooling and upsampling.
  pool2d,
  resize2d,
};
