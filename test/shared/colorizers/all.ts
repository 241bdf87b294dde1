/** The networks of the presets with seeded weights, and inputs of the kind that a photograph gives. */
import { sizeOf, type Shape } from "../../../src/graph/ir";
import type { Tensor } from "../../../src/session/inputs";
import type { PresetName } from "../../../src/weights/model/presets";
import { randoms } from "../randoms";
import type { NetworkOptions } from "./builder";
import { ddcolor } from "./ddcolor";
import { deoldify } from "./deoldify";
import { eccv16, siggraph17 } from "./zhang";

export interface SeededColorizer {
  readonly name: string;
  readonly preset: PresetName;
  readonly make: (options?: NetworkOptions) => Uint8Array;
  /** The inputs, each with its channels and the range of its numbers. */
  readonly inputs: Readonly<Record<string, readonly [channels: number, low: number, high: number]>>;
  readonly output: string;
}

const DDCOLOR = { preset: "ddcolor", inputs: { input: [3, 0, 1] }, output: "output" } as const;
const DEOLDIFY = { preset: "deoldify", inputs: { input: [3, 0, 255] }, output: "output" } as const;

export const SEEDED_COLORIZERS: readonly SeededColorizer[] = [
  { name: "eccv16", preset: "eccv16", make: eccv16, inputs: { data_l: [1, 0, 100] }, output: "color_ab" },
  {
    name: "siggraph17",
    preset: "siggraph17",
    make: siggraph17,
    inputs: { data_l: [1, 0, 100], user_ab: [2, -60, 60], user_map: [1, 0, 1] },
    output: "color_ab",
  },
  { name: "ddcolor-tiny", make: ddcolor, ...DDCOLOR },
  { name: "ddcolor-large", make: (options) => ddcolor(options, "large"), ...DDCOLOR },
  { name: "deoldify-artistic", make: deoldify, ...DEOLDIFY },
  // The author's model for videos has other weights in the same network.
  { name: "deoldify-stable", make: (options) => deoldify(options, "wide"), ...DEOLDIFY },
];

/** Seeded random inputs for a picture of width x height. */
export function feedsFor({ inputs }: SeededColorizer, width: number, height: number): Record<string, Tensor> {
  const entries = Object.entries(inputs).map(([name, [channels, low, high]], i): [string, Tensor] => {
    const shape: Shape = [1, channels, height, width];
    return [name, { shape, data: randoms(sizeOf(shape), 100 + i, low, high) }];
  });
  return Object.fromEntries(entries);
}
