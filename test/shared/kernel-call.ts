/** One kernel with fixed parameters, for tests and benches. */
import type { Elem, Kernel, KernelPlan } from "../../src/kernels/kernel";

export interface KernelCall {
  readonly kernel: Kernel<never>;
  readonly plan: (elem: Elem) => KernelPlan;
}

export function kernelCall<P extends { readonly elem: Elem }>(kernel: Kernel<P>, params: Omit<P, "elem">): KernelCall {
  return {
    kernel: kernel as unknown as Kernel<never>,
    plan: (elem) => kernel.plan({ ...params, elem } as unknown as P),
  };
}
