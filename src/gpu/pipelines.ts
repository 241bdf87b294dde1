/** Compiled kernels of one device, and recording a dispatch. */
import { DeviceError } from "../base/errors";
import { assemble, runtimeBinding } from "../kernels/assemble";
import type { Access, AnyKernel, KernelPlan } from "../kernels/kernel";

export type { AnyKernel };

/** A pipeline with the layout of its one bind group. */
export interface Compiled {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const LAYOUTS: Readonly<Record<Access | "uniform", Omit<GPUBindGroupLayoutEntry, "binding" | "visibility">>> = {
  read: { buffer: { type: "read-only-storage" } },
  write: { buffer: { type: "storage" } },
  uniform: { buffer: { type: "uniform" } },
  texture: { texture: { sampleType: "unfilterable-float" } },
  "storage-texture": { storageTexture: { format: "rgba8unorm", access: "write-only" } },
};

/** Name under which the run-time constants are bound. */
export const SIZES = "sizes";

/** The bindings of a variant, without the unbound ones: [index, name, access]. */
function boundEntries(kernel: AnyKernel, plan: KernelPlan): [number, string, Access | "uniform"][] {
  const entries = Object.entries(kernel.bindings)
    .map(([name, access], index): [number, string, Access | "uniform"] => [index, name, access])
    .filter(([, name]) => !plan.unbound?.includes(name));
  if (plan.runtime) entries.push([runtimeBinding(kernel), SIZES, "uniform"]);
  return entries;
}

/** Compiles each distinct shader text once; compilation runs in parallel in the driver. */
export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #pipelines = new Map<string, Promise<Compiled>>();
  /** Shader texts by kernel and by the compiled-in part of the plan: most layers differ in run-time constants alone. */
  readonly #texts = new WeakMap<AnyKernel, Map<string, string>>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Throws DeviceError with the compiler's messages when the driver refuses the shader. */
  get(kernel: AnyKernel, plan: KernelPlan): Promise<Compiled> {
    const code = this.#text(kernel, plan);
    let compiled = this.#pipelines.get(code);
    if (!compiled) {
      compiled = this.#compile(kernel, plan, code);
      this.#pipelines.set(code, compiled);
      compiled.catch(() => this.#pipelines.delete(code));
    }
    return compiled;
  }

  #text(kernel: AnyKernel, plan: KernelPlan): string {
    const { constants, flags, runtime = {} } = plan;
    const key = JSON.stringify([constants, flags, Object.keys(runtime)]);
    let texts = this.#texts.get(kernel);
    if (!texts) this.#texts.set(kernel, (texts = new Map()));
    let text = texts.get(key);
    if (text === undefined) texts.set(key, (text = assemble(kernel, plan)));
    return text;
  }

  async #compile(kernel: AnyKernel, plan: KernelPlan, code: string): Promise<Compiled> {
    const device = this.#device;
    const entries = boundEntries(kernel, plan).map(([binding, , access]) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      ...LAYOUTS[access],
    }));
    const layout = device.createBindGroupLayout({ label: kernel.name, entries });
    const module = device.createShaderModule({ label: kernel.name, code });
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: kernel.name,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: "main" },
      });
      return { pipeline, layout };
    } catch (cause) {
      const info = await module.getCompilationInfo();
      const messages = info.messages.map((m) => `${m.lineNum}:${m.linePos} ${m.message}`).join("; ");
      throw new DeviceError({
        where: `shader ${kernel.name}`,
        expected: "a shader this driver compiles",
        received: messages || String(cause),
        hint: "Report this with the adapter's name; try precision: 'f32' meanwhile.",
        cause,
      });
    }
  }
}

/** The bind group of one dispatch. Resources by binding name. */
export function bindResources(
  device: GPUDevice,
  compiled: Compiled,
  kernel: AnyKernel,
  plan: KernelPlan,
  resources: Readonly<Record<string, GPUBindingResource>>,
): GPUBindGroup {
  const entries = boundEntries(kernel, plan).map(([binding, name]) => {
    const resource = resources[name];
    if (!resource)
      throw new DeviceError({
        where: `kernel ${kernel.name}`,
        expected: `a resource for binding ${name}`,
        received: "none",
      });
    return { binding, resource };
  });
  return device.createBindGroup({ label: kernel.name, layout: compiled.layout, entries });
}

/** Records one dispatch with a bind group made on the spot; for kernels outside a bound program. */
export function encodeKernel(
  pass: GPUComputePassEncoder,
  device: GPUDevice,
  compiled: Compiled,
  kernel: AnyKernel,
  plan: KernelPlan,
  resources: Readonly<Record<string, GPUBindingResource>>,
): void {
  pass.setPipeline(compiled.pipeline);
  pass.setBindGroup(0, bindResources(device, compiled, kernel, plan, resources));
  pass.dispatchWorkgroups(...plan.grid);
}
