/** The interface of a convolution algorithm: variants for given parameters, each with one or more dispatches. */
import type { KernelPlan } from "../kernel";
import type { Conv2dParams } from "./params";

/** The properties of a device that decide whether it supports a variant. */
export interface ConvDevice {
  /** GPUDevice.features, or any set of their names. */
  readonly features: ReadonlySet<string>;
  /** Bytes of workgroup memory; WebGPU guarantees 16,384. */
  readonly workgroupBytes: number;
  /** GPUAdapterInfo.subgroupMinSize; undefined where the browser does not report it. */
  readonly subgroupMinSize?: number | undefined;
  /** Whether the device is a driver in software, on which algorithms for GPUs cannot win. */
  readonly software?: boolean;
}

/** An operand of the convolution, or the name of a temporary (which starts with #). */
export type ConvOperand = "src" | "weights" | "bias" | "residual" | "dst" | `#${string}`;

/** One dispatch. */
export interface ConvStep {
  /** Key of CONV_KERNELS (kernels.ts): the name of the algorithm, and of the step where it has several. */
  readonly kernel: string;
  readonly plan: KernelPlan;
  /** By binding name; the binding that is written is called dst. Constants are packed as the plan's packing says. */
  readonly operands: Readonly<Record<string, ConvOperand>>;
}

export interface ConvPlan {
  readonly steps: readonly ConvStep[];
  /** Values between the steps: name -> length in elements of the storage type (f32 values in f16 storage: twice). */
  readonly temporaries?: Readonly<Record<`#${string}`, number>>;
}

/** A family of variants, such as "direct" or "winograd". */
export interface ConvAlgorithm {
  readonly name: string;
  /** Whether it reads a part of the channels of a wider src (`srcSlice`). */
  readonly readsSlices?: true;
  /**
   * Variants that support this convolution on such a device, best guess first; empty when the algorithm does not support it.
   * Must check every field of the parameters: slices, residual, activation, batch, groups, storage type, and
   * isPlain() unless the algorithm supports upsampling and pooling.
   */
  variants(params: Conv2dParams, device: ConvDevice): readonly string[];
  /** Pure. Throws KernelError for unsupported parameters. */
  plan(params: Conv2dParams, variant: string): ConvPlan;
}

/** A step that reads all operands and writes dst. `src` is the operand to read as src; default: the convolution's src. */
export function wholeStep(
  kernel: string,
  plan: KernelPlan,
  { residual }: Pick<Conv2dParams, "residual">,
  src: ConvOperand = "src",
): ConvStep {
  const operands = { src, weights: "weights", bias: "bias", dst: "dst" } as const;
  return { kernel, plan, operands: residual ? { ...operands, residual: "residual" } : operands };
}
