/** How predicted chroma becomes colour: the options of colorize() that need no other run of the network. */
import { checkNumber, SATURATION, TEMPERATURE, WARMTH } from "../base/option-checks";
import { InputError } from "../base/errors";
import type { Shown } from "../image/picture-stages";
import type { Manifest, NetworkOutput } from "../weights/model/manifest";
import type { ColorizeOptions } from "./options";

export interface Look {
  readonly saturation: number;
  readonly warmth: number;
  /** Undefined: the model's, if it has one. */
  readonly temperature?: number | undefined;
}

/** The share of the chroma by which a warmth of 1 raises b*: it turns hues by up to 30 degrees. */
const WARMEST = 0.5;

/** Checks the options of a look. Throws InputError for a number out of range, and for a temperature where the model has none. */
export function lookOf(
  { saturation = 1, warmth = 0, temperature }: Pick<ColorizeOptions, "saturation" | "warmth" | "temperature">,
  { name, colorizer }: Manifest,
): Look {
  checkNumber(SATURATION, saturation);
  checkNumber(WARMTH, warmth);
  if (temperature === undefined) return { saturation, warmth };
  const { kind } = colorizer.output;
  if (kind === "cells") return { saturation, warmth, temperature: checkNumber(TEMPERATURE, temperature) };
  throw new InputError({
    where: "temperature",
    expected: "a model that predicts a distribution over colours",
    received: `${name}, whose output is ${kind}`,
  });
}

/** What the last stage shows of a model's prediction. */
export function shownOf({ saturation, warmth }: Look, { colorizer }: Manifest): Shown {
  return { saturation: colorizer.saturation * saturation, knee: colorizer.knee, warmth: warmth * WARMEST };
}

/** The network's output with the temperature of a look. */
export function outputOf({ temperature }: Look, output: NetworkOutput): NetworkOutput {
  return output.kind === "cells" && temperature !== undefined ? { ...output, temperature } : output;
}
