/** Compares convolution algorithms with plain loops on a small case, before their results are used: see docs/decisions/checked-algorithms.md. */
import { Pacer } from "../base/pacer";
import { BoundProgram } from "../gpu/bound-program";
import { lossAfterError } from "../gpu/device-loss";
import { runProgram } from "../gpu/run-program";
import { loadedElements, storedElements } from "../gpu/storage";
import { WeightStore } from "../gpu/weight-store";
import { sizeOf, type Shape } from "../graph/ir";
import type { ConvChoices, UsedChoice } from "../graph/lower/conv-choice";
import { lower } from "../graph/lower/lower";
import { DEFAULT_CHOICE } from "../kernels/conv/algorithms";
import type { Conv2dParams } from "../kernels/conv/params";
import { convGraph } from "./conv-graph";
import { plainConvolution } from "./plain-conv";
import { disagreement, TOLERANCE } from "./disagreement";
import type { TuneTarget } from "./tune";

/** What a check needs. */
type CheckTarget = Pick<TuneTarget, "device" | "pipelines" | "engine"> & { readonly choices: ConvChoices };

/**
 * Checks the choices of programs made so far that were not checked on this device. Resolves with those that compute wrong numbers or fail
 * to run, which are out of use from now on. Throws where the default fails to run, and where the device is lost.
 */
export async function checkChoices(target: CheckTarget, pacer = new Pacer()): Promise<readonly UsedChoice[]> {
  const { choices } = target;
  const results: Record<string, boolean | null> = {};
  const wrong: UsedChoice[] = [];
  for (const used of choices.unchecked()) {
    const right = await isRight(target, used, pacer).catch(async (error: unknown) => {
      await pacer.pause(); // throws where the check was aborted
      if (used.choice === DEFAULT_CHOICE || (await lossAfterError(target.device)).reason !== undefined) throw error;
      return null;
    });
    if (!right) wrong.push(used);
    // The default cannot go out of use, so that it is checked again.
    if (right || used.choice !== DEFAULT_CHOICE) results[used.shaders] = right;
  }
  choices.check(results);
  return wrong;
}

/** Functions that need positive numbers to be smooth, and those that jump, where rounding would decide. */
const POSITIVE = ["sqrt", "log", "reciprocal"];
const JUMPING = ["floor", "ceil"];

async function isRight(target: CheckTarget, used: UsedChoice, pacer: Pacer): Promise<boolean> {
  const { device, pipelines, engine, choices } = target;
  const { params, choice } = used;
  if (JUMPING.includes(params.activation.fn)) return true;
  const small = smallCase(choices, used);
  const { elem, outChannels, kernel, inChannels, groups, activation } = small;
  const terms = (kernel[0] * kernel[1] * inChannels) / groups;
  const least = POSITIVE.includes(activation.fn) ? 0.1 : -1;
  const random = (shape: Shape, scale = 1): Float32Array =>
    Float32Array.from({ length: sizeOf(shape) }, () => scale * (least + Math.random() * (1 - least)));
  const weights = random([...kernel, inChannels / groups, outChannels], 1 / (least < 0 ? Math.sqrt(terms) : terms));
  const constants = {
    // Algorithms that store weights as f16 do not round these.
    weights: loadedElements(storedElements(weights, "f16").buffer, weights.length, "f16"),
    bias: random([outChannels]),
  };
  const graph = convGraph(small, constants);
  const program = lower(graph, engine, { elem, chooseConv: () => choice });
  const inputs = Object.fromEntries(program.inputs.map(({ name, shape }) => [name, random(shape)]));
  const store = new WeightStore(device, elem);
  try {
    const bound = await BoundProgram.create(device, program, engine.kernels, graph.constants, pipelines, store, pacer);
    try {
      const { dst } = await runProgram(device, bound, inputs);
      const weights = graph.constants.get("weights")!.data;
      const operands = { src: inputs["src"]!, weights, bias: constants.bias, residual: inputs["residual"]! };
      const expected = await pacer.finish(plainConvolution(small, operands));
      return disagreement(dst!.data, expected) <= TOLERANCE[elem];
    } finally {
      bound.destroy();
    }
  } finally {
    store.destroy();
  }
}

/** Output pixels along a side, and channels of the whole convolution, that are tried for a small case. */
const SIDES = [18, 34];
const CHANNELS = [8, 32, 128];

/** A convolution with fewer pixels and channels for which the choice runs the same shaders; `params` where there is none. */
export function smallCase(
  choices: Pick<ConvChoices, "shadersOf">,
  { params, choice, shaders }: UsedChoice,
): Conv2dParams {
  const same = (other: Conv2dParams): boolean => {
    try {
      return choices.shadersOf(other, choice) === shaders;
    } catch {
      return false; // the choice does not support so few channels
    }
  };
  for (const channels of [...CHANNELS, Infinity])
    for (const side of [...SIDES, Infinity]) {
      const other = shrunk(params, side, channels);
      if (other && same(other)) return other;
    }
  return params;
}

/** The convolution with at most about `side` output pixels along a side, and the same pads; undefined where sizes do not come out whole. */
function shrunk(params: Conv2dParams, side: number, channels: number): Conv2dParams | undefined {
  const { kernel, strides, dilations, upsample = [1, 1], groups } = params;
  const axis = (i: 0 | 1, out: number, size: number, before: number): [number, number] => {
    const reach = (count: number): number => (count - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1 - before;
    // The sizes keep their parity, which pooling and upsampling need.
    const fewer = out <= side ? out : side + ((out - side) % 2);
    const after = reach(out) - size * upsample[i];
    return [fewer, (reach(fewer) - after) / upsample[i]];
  };
  const [outHeight, inHeight] = axis(0, params.outHeight, params.inHeight, params.padTop);
  const [outWidth, inWidth] = axis(1, params.outWidth, params.inWidth, params.padLeft);
  if (![inHeight, inWidth].every((n) => Number.isInteger(n) && n > 0)) return undefined;
  const fewer = (count: number): number => (groups > 1 ? count : Math.min(count, channels + (count % 4)));
  const [inChannels, outChannels] = [fewer(params.inChannels), fewer(params.outChannels)];
  const batch = Math.min(params.batch, 2);
  return { ...params, batch, outHeight, inHeight, outWidth, inWidth, inChannels, outChannels };
}
