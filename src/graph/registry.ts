import { conv2d } from "../kernels/conv/conv2d";
import { flattenWindows } from "../kernels/conv/flatten-windows";
import type { AnyKernel } from "./pipelines";

export const KERNELS: Record<string, AnyKernel> = { conv2d, flattenWindows };
