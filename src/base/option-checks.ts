/** Ranges and units of the numeric options of the library, the element and the command line. */
import { InputError } from "./errors";

export interface NumberOption {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly whole?: boolean;
  /** The unit and meaning of the number. */
  readonly unit: string;
}

export const SATURATION: NumberOption = {
  name: "saturation",
  least: 0,
  most: 4,
  unit: "a factor on the predicted colour: 1 as predicted, 0 grey",
};

export const WARMTH: NumberOption = {
  name: "warmth",
  least: -1,
  most: 1,
  unit: "above 0 colours turn to yellow, below to blue",
};

export const SIZE: NumberOption = {
  name: "size",
  least: 32,
  most: 1024,
  whole: true,
  unit: "pixels: the side of a square with as many as the network's picture has",
};

export const TEMPERATURE: NumberOption = {
  name: "temperature",
  least: 0.05,
  most: 10,
  unit: "what scores are divided by before the softmax: below 1 nearer to the likeliest colour",
};

/** The quality of an encoded picture, on the browsers' scale. */
export const QUALITY: NumberOption = {
  name: "quality",
  least: 0,
  most: 1,
  unit: "1 is the best; for image/jpeg and image/webp",
};

/** The quality of a picture file, on the scale of image programs. */
export const FILE_QUALITY: NumberOption = {
  name: "quality",
  least: 1,
  most: 100,
  whole: true,
  unit: "100 is the best; for JPEG and WebP",
};

export const TUNE_MILLISECONDS: NumberOption = {
  name: "tune.milliseconds",
  least: 0,
  most: Infinity,
  unit: "milliseconds to spend on measuring",
};

export const STALL_TIMEOUT: NumberOption = {
  name: "stallTimeout",
  least: 1,
  most: Infinity,
  unit: "milliseconds without a byte",
};

export const HANG_TIMEOUT: NumberOption = {
  name: "hangTimeout",
  least: 1,
  most: Infinity,
  unit: "milliseconds without progress",
};

/** "a whole number from 32 to 1024 (pixels: ...)". */
export function rangeOf({ least, most, whole, unit }: NumberOption): string {
  return `a ${whole ? "whole " : ""}number from ${least} to ${most} (${unit})`;
}

export function fits({ least, most, whole }: NumberOption, value: unknown): value is number {
  return typeof value === "number" && value >= least && value <= most && (!whole || Number.isInteger(value));
}

/** Returns `value`. Throws InputError with the option's range and unit; `received` is the user's text where it differs from `value`. */
export function checkNumber(option: NumberOption, value: number, received: unknown = value): number {
  if (fits(option, value)) return value;
  const text = typeof received === "string" ? JSON.stringify(received) : String(received);
  throw new InputError({ where: option.name, expected: rangeOf(option), received: text });
}

/** Parses a factor in the syntax of CSS filters: "1.5" or "150%". NaN for any other text. */
export function factorOf(text: string): number {
  const [, number, percent] = /^\s*([^\s%]+)\s*(%?)\s*$/.exec(text) ?? [];
  return number === undefined ? NaN : Number(number) / (percent ? 100 : 1);
}
