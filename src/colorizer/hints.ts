/** The user's hints: colours at places of the photograph, which the network takes as inputs or which are spread over its output. */
import { InputError } from "../base/errors";
import type { BoundProgram } from "../gpu/bound-program";
import { CommandScope } from "../gpu/command-scope";
import { storedElements } from "../gpu/storage";
import { rgbToLab } from "../image/lab";
import { samplesOfDisc } from "../image/disc";
import type { WorkingSize } from "../image/layout";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../base/size";
import type { HintInput, Manifest } from "../weights/model/manifest";

/** A disc of the photograph whose colour the user knows. Later hints cover earlier ones. */
export interface ColorHint {
  /** The centre in pixels of the photograph, from its left edge. */
  readonly x: number;
  /** From its top edge. */
  readonly y: number;
  /** Pixels of the photograph; 0 or more. A hint covers at least one pixel of the network's picture. */
  readonly radius: number;
  /** "#rrggbb", or R, G and B from 0 to 255, of sRGB. Its lightness does not count: that is the photograph's. */
  readonly color: string | readonly [number, number, number];
  /**
   * How far the colour spreads from the disc, 0 or more: 1 (default) fills an even region up to its edges, less stays nearer, and 0 in the disc.
   * Models that take hints themselves decide it by themselves.
   */
  readonly spread?: number;
}

/** The most hints of one photograph. */
const MOST_HINTS = 256;

/** A hint with its colour as a* and b*. */
export interface CheckedHint extends Required<Omit<ColorHint, "color">> {
  readonly ab: readonly [number, number];
}

/** What the numbers of a hint are, and the least that they may be. */
const NUMBERS = {
  x: ["a number of pixels", -Infinity],
  y: ["a number of pixels", -Infinity],
  radius: ["a number of pixels, 0 or more", 0],
  spread: ["a number, 0 or more", 0],
} as const;

/** Throws InputError for what are no hints, and for too many. */
export function checkHints(hints: readonly ColorHint[]): CheckedHint[] {
  if (!Array.isArray(hints) || hints.length > MOST_HINTS)
    throw new InputError({
      where: "hints",
      expected: `a list of at most ${MOST_HINTS} hints`,
      received: Array.isArray(hints) ? `${hints.length}` : typeof hints,
    });
  return hints.map((hint: ColorHint, i) => {
    const at = `hints[${i}]`;
    const { x, y, radius, spread = 1, color } = hint;
    for (const [name, value] of Object.entries({ x, y, radius, spread })) {
      const [expected, least] = NUMBERS[name as keyof typeof NUMBERS];
      if (!Number.isFinite(value) || value < least)
        throw new InputError({ where: `${at}.${name}`, expected, received: String(value) });
    }
    const [, a, b] = rgbToLab(colourOf(color, `${at}.color`));
    return { x, y, radius, spread, ab: [a, b] };
  });
}

/** R, G and B from 0 to 1. */
function colourOf(color: ColorHint["color"], where: string): [number, number, number] {
  const digits = typeof color === "string" ? /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color) : null;
  const bytes = digits ? digits.slice(1).map((two) => parseInt(two, 16)) : color;
  if (Array.isArray(bytes) && bytes.length === 3 && bytes.every((n) => typeof n === "number" && n >= 0 && n <= 255))
    return bytes.map((n: number) => n / 255) as [number, number, number];
  throw new InputError({
    where,
    expected: '"#rrggbb", or three numbers from 0 to 255',
    received: JSON.stringify(color) ?? String(color),
  });
}

/** Whether hints are inputs of the network. */
export function takesHints(manifest: Manifest): boolean {
  return hintInputs(manifest).length > 0;
}

export function hintInputs({ colorizer }: Manifest): HintInput[] {
  return colorizer.inputs.filter(
    (input): input is HintInput => input.kind === "hintChroma" || input.kind === "hintMask",
  );
}

/** Writes the hints into the network's inputs for them; without hints, zeros. Throws DeviceError. */
export async function writeHints(
  device: GPUDevice,
  network: BoundProgram,
  inputs: readonly HintInput[],
  planes: HintPlanes,
  elem: Elem,
): Promise<void> {
  const scope = new CommandScope(device, { where: "hints" });
  for (const input of inputs) {
    const values = input.kind === "hintMask" ? planes.mask : planes.ab.map((value) => value / input.scale);
    scope.run(() => device.queue.writeBuffer(network.input(input.name), 0, storedElements(values, elem)));
  }
  await scope.check();
}

interface HintPlanes {
  /** [2, H, W]: a* and b*. */
  readonly ab: Float32Array;
  /** [H, W]: 1 where there is a hint. */
  readonly mask: Float32Array;
}

/** The hints at the size of the network's picture, with padding. A hint whose centre lies outside the photograph may cover nothing. */
export function hintPlanes(hints: readonly CheckedHint[], picture: Size, { size, padded }: WorkingSize): HintPlanes {
  const area = padded.width * padded.height;
  const ab = new Float32Array(2 * area);
  const mask = new Float32Array(area);
  /** Pixels of the photograph to one of the network's picture. */
  const step = { width: picture.width / size.width, height: picture.height / size.height };
  for (const hint of hints)
    for (const i of samplesOfDisc(hint, step, size)) {
      const at = Math.floor(i / size.width) * padded.width + (i % size.width);
      mask[at] = 1;
      ab[at] = hint.ab[0];
      ab[area + at] = hint.ab[1];
    }
  return { ab, mask };
}
