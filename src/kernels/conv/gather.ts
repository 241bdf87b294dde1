/** What the convolutions that gather vec4 of src share: the host side of shaders/lib/conv-gather.wgsl and conv-operands.wgsl. */
import epilogueLib from "../../../shaders/lib/conv-epilogue.wgsl?raw";
import gatherLib from "../../../shaders/lib/conv-gather.wgsl?raw";
import macLib from "../../../shaders/lib/conv-mac.wgsl?raw";
import operandsLib from "../../../shaders/lib/conv-operands.wgsl?raw";
import { activationLib } from "../activation";
import { isPlain, type ConvPlan } from "./algorithm";
import { conv2d, type Conv2dParams } from "./conv2d";
import { MAX_WORKGROUPS, type Constants, type KernelPlan } from "../kernel";
import { WINDOW_CONSTANTS } from "../window";

/** Of a shader with src, bias, residual and dst. */
export const epilogueLibs = [operandsLib, epilogueLib, activationLib];
/** With lib/conv-mac.wgsl, or what is given in its place. */
export const gatherLibsWith = (mac: string): string[] => [gatherLib, mac, ...epilogueLibs];
export const gatherLibs = gatherLibsWith(macLib);

const EPILOGUE_SIZES = ["OUT_C", "DST_C", "DST_FIRST", "PIXELS"];
const GATHER_SIZES = ["GROUP_IN_C4", "IN_C4", "TAPS", "GROUP_OUT_C"];

/** The constants and flags of lib/conv-operands.wgsl and lib/conv-epilogue.wgsl; `sizes` may be given at run time. */
export function epiloguePlan(base: KernelPlan): Pick<KernelPlan, "constants" | "flags"> & { sizes: readonly string[] } {
  const names = ["elem", "ACTIVATION", "ACT_A", "ACT_B", ...EPILOGUE_SIZES];
  return { constants: pick(base.constants, names), flags: base.flags!, sizes: EPILOGUE_SIZES };
}

function pick(constants: Constants, names: readonly string[]): Constants {
  return Object.fromEntries(names.map((name) => [name, constants[name]!]));
}

/** Whether a convolution reads whole vec4 of src and does nothing that only conv2d.wgsl does. */
export function gathersVectors(p: Conv2dParams): boolean {
  const { first, channels } = p.srcSlice ?? { first: 0, channels: p.inChannels };
  return isPlain(p) && !p.phase && [p.inChannels / p.groups, first, channels].every((n) => n % 4 === 0);
}

/**
 * A plan whose workgroups cover `pixels` x `channels` of the output, those of a group apart from those of others.
 * `own` are the shader's own constants.
 */
export function gatherPlan(params: Conv2dParams, pixels: number, channels: number, own: Constants): KernelPlan {
  const base = conv2d.plan({ ...params, variant: { tile: 4 } });
  const { constants, flags, sizes } = epiloguePlan(base);
  const window = WINDOW_CONSTANTS.filter((name) => name !== "IN_C" && name !== "OUT_C");
  const tiles = Math.ceil(params.outChannels / params.groups / channels);
  const along = Math.ceil((params.batch * params.outHeight * params.outWidth) / pixels);
  const wraps = Math.ceil(along / MAX_WORKGROUPS);
  return {
    ...base,
    constants: {
      ...constants,
      ...pick(base.constants, [...window, ...GATHER_SIZES]),
      SRC_FIRST4: (params.srcSlice?.first ?? 0) / 4,
      GROUP_TILES: tiles,
      ...own,
    },
    runtime: [...window, ...GATHER_SIZES, ...sizes, "SRC_FIRST4", "GROUP_TILES"],
    flags,
    grid: [Math.ceil(along / wraps), params.groups * tiles, wraps],
  };
}

/** The plan of an algorithm that is one dispatch. */
export function oneStep(kernel: string, plan: KernelPlan, { residual }: Conv2dParams): ConvPlan {
  const operands = { src: "src", weights: "weights", bias: "bias", dst: "dst" } as const;
  return { steps: [{ kernel, plan, operands: { ...operands, ...(residual && { residual: "residual" }) } }] };
}
