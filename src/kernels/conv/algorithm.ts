/** What a convolution algorithm is: variants for given parameters, each one or more dispatches. */
import type { KernelPlan } from "../kernel";
import type { Conv2dParams } from "./params";

/** What of a device decides whether a variant can run there. */
export interface ConvDevice {
  /** GPUDevice.features, or any set of their names. */
  readonly features: ReadonlySet<string>;
  /** Bytes of workgroup memory; WebGPU guarantees 16,384. */
  readonly workgroupBytes: number;
  /** GPUAdapterInfo.subgroupMinSize; without it nothing is known of subgroups. */
  readonly subgroupMinSize?: number | undefined;
}

/** WebGPU's guarantees and nothing more. */
export const DEFAULT_CONV_DEVICE: ConvDevice = { features: new Set(), workgroupBytes: 16_384 };

/** An operand of the convolution, or the name of a temporary (which starts with #). */
export type ConvOperand = "src" | "weights" | "bias" | "residual" | "dst" | `#${string}`;

/** One dispatch. */
export interface ConvStep {
  /** Key of KERNELS (src/kernels/kernels.ts): the name of the algorithm, and of the step where it has several. */
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
   * Variants that compute this convolution on such a device, best guess first; none when the algorithm cannot.
   * Must look at every field of the parameters: slices, residual, activation, batch, groups, storage type, and
   * isPlain() unless it takes upsampling and pooling.
   */
  variants(params: Conv2dParams, device: ConvDevice): readonly string[];
  /** Pure. Throws KernelError when the parameters are outside the contract. */
  plan(params: Conv2dParams, variant: string): ConvPlan;
}

/** The step that takes all operands and writes dst. `src` names what it reads in place of the convolution's src. */
export function wholeStep(
  kernel: string,
  plan: KernelPlan,
  { residual }: Pick<Conv2dParams, "residual">,
  src: ConvOperand = "src",
): ConvStep {
  const operands = { src, weights: "weights", bias: "bias", dst: "dst" } as const;
  return { kernel, plan, operands: residual ? { ...operands, residual: "residual" } : operands };
}
