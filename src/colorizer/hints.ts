/** The user's hints: colours at places of the photograph, for models that take them. */
import { InputError } from "../base/errors";
import type { BoundProgram } from "../gpu/bound-program";
import { CommandScope } from "../gpu/command-scope";
import { storedElements } from "../gpu/storage";
import { rgbToLab } from "../image/lab";
import type { WorkingSize } from "../image/layout";
import type { Elem } from "../kernels/kernel";
import type { Size } from "../kernels/picture/tile";
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
}

/** A hint with its colour as a* and b*. */
export interface CheckedHint extends Omit<ColorHint, "color"> {
  readonly ab: readonly [number, number];
}

/** Checks hints. Throws InputError for wrong ones, and where the model takes none. */
export function checkHints(hints: readonly ColorHint[], manifest: Manifest): CheckedHint[] {
  if (!Array.isArray(hints))
    throw new InputError({ where: "hints", expected: "a list of hints", received: typeof hints });
  if (hints.length > 0 && hintInputs(manifest).length === 0)
    throw new InputError({
      where: "hints",
      expected: "a model that takes hints, such as one of the preset siggraph17",
      received: `${manifest.name}, which has no input for them`,
      hint: "Leave the hints out, or load another model.",
    });
  return hints.map((hint: ColorHint, i) => {
    const at = `hints[${i}]`;
    const { x, y, radius, color } = hint;
    for (const [name, value] of Object.entries({ x, y, radius }))
      if (!Number.isFinite(value) || (name === "radius" && value < 0))
        throw new InputError({
          where: `${at}.${name}`,
          expected: `a number of pixels${name === "radius" ? ", 0 or more" : ""}`,
          received: String(value),
        });
    const [, a, b] = rgbToLab(colourOf(color, `${at}.color`));
    return { x, y, radius, ab: [a, b] };
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
  const [stepX, stepY] = [picture.width / size.width, picture.height / size.height];
  for (const { x, y, radius, ab: colour } of hints) {
    const rows = pixelsWithin(y, radius, stepY, size.height);
    const columns = pixelsWithin(x, radius, stepX, size.width);
    for (const row of rows)
      for (const column of columns) {
        const distance = Math.hypot((column + 0.5) * stepX - x, (row + 0.5) * stepY - y);
        const centre = row === Math.floor(y / stepY) && column === Math.floor(x / stepX);
        if (distance > radius && !centre) continue;
        const at = row * padded.width + column;
        mask[at] = 1;
        ab[at] = colour[0];
        ab[area + at] = colour[1];
      }
  }
  return { ab, mask };
}

/** Indices of the pixels along one side that may lie within a disc. */
function pixelsWithin(centre: number, radius: number, step: number, length: number): number[] {
  const first = Math.max(0, Math.floor((centre - radius) / step));
  const last = Math.min(length - 1, Math.floor((centre + radius) / step));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}
