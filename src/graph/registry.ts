/** The kernels of programs, to which parameters no longer matter. */
import type { AnyKernel } from "../kernels/kernel";
import { KERNELS as ALL } from "../kernels/kernels";

export const KERNELS: Readonly<Record<string, AnyKernel>> = ALL;
