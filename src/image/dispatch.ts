/** A dispatch of a colour kernel that is still to be recorded. */
import type { AnyKernel, Kernel, KernelPlan } from "../kernels/kernel";

export interface Dispatch {
  readonly kernel: AnyKernel;
  readonly plan: KernelPlan;
  readonly resources: Readonly<Record<string, GPUBindingResource>>;
}

/** A dispatch of a kernel; the type ties the parameters to the kernel. */
export function dispatch<P>(kernel: Kernel<P>, params: P, resources: Dispatch["resources"]): Dispatch {
  return { kernel, plan: kernel.plan(params), resources };
}
