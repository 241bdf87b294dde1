/** Dispatches of single kernels, for benches that run no program. */
import type { Encode } from "../src/gpu/clock";
import { bindResources, SIZES, type Compiled, type PipelineCache } from "../src/gpu/pipelines";
import { runtimeBytes } from "../src/kernels/assemble";
import type { Kernel, KernelPlan } from "../src/kernels/kernel";

/** Compiles a kernel, and binds its resources and a buffer of its run-time sizes, which `destroy` frees. */
export async function readyDispatch(
  device: GPUDevice,
  pipelines: PipelineCache,
  kernel: Kernel<never>,
  plan: KernelPlan,
  resources: Readonly<Record<string, GPUBindingResource>>,
): Promise<{ readonly encode: Encode; destroy(): void }> {
  const compiled = await pipelines.get(kernel, plan);
  const bytes = runtimeBytes(kernel, plan);
  if (!bytes) {
    const group = bindResources(device, compiled, kernel, plan, resources);
    return { encode: encoder(compiled, group, plan), destroy: () => {} };
  }
  const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
  const sizes = device.createBuffer({ size: bytes.length, usage });
  device.queue.writeBuffer(sizes, 0, bytes);
  const group = bindResources(device, compiled, kernel, plan, { ...resources, [SIZES]: { buffer: sizes } });
  return { encode: encoder(compiled, group, plan), destroy: () => sizes.destroy() };
}

/** Records one dispatch. */
export function encoder({ pipeline }: Compiled, group: GPUBindGroup, { grid }: KernelPlan): Encode {
  return (pass) => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(...grid);
  };
}
