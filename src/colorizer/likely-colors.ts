/** The colours that a network holds likely at a place of a photograph, from its distribution over cells of the a*b* plane. */
import { InputError } from "../base/errors";
import { validSamples, type Chroma } from "../image/chroma";
import { clipChroma, labToRgb, type Triple } from "../image/lab";
import type { Size } from "../base/size";
import { floatFromHalf } from "../weights/numbers/half";

export interface LikelyColor {
  /** "#rrggbb" of sRGB, as light as the photograph is there. */
  readonly color: string;
  /** 0 to 1: how likely this colour and those near it are together. */
  readonly probability: number;
}

/** Pixels of the photograph, from its upper left corner. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Cells of so many units of a*b* around the likeliest one count as its colour. */
const NEAR = 20;
/** A colour that is less likely is left out. */
const LEAST = 0.005;
const MOST = 8;

/** A network's output with the lightness at each of its samples. */
type Output = Pick<Chroma, "output" | "elem" | "map" | "size" | "padded" | "luminance"> & {
  /** [1, channels, map.height, map.width] of `elem`. */
  readonly bytes: Uint8Array;
};

/**
 * At most eight colours, the likeliest first; none where the network predicts one colour and no distribution. `picture`: size of the photograph.
 * Throws InputError for a place outside of it.
 */
export function likelyColors(of: Output, picture: Size, { x, y }: Place): LikelyColor[] {
  if (!(x >= 0 && x < picture.width && y >= 0 && y < picture.height))
    throw new InputError({
      where: "likelyColors()",
      expected: `a place in ${picture.width}x${picture.height} pixels`,
      received: `${x}, ${y}`,
    });
  const { output, map, luminance } = of;
  if (output.kind !== "cells") return [];
  const valid = validSamples(of);
  const column = Math.floor((x * valid.width) / picture.width);
  const row = Math.floor((y * valid.height) / picture.height);
  const sample = row * map.width + column;
  const lightness = luminance[sample]!;
  // As sRGB shows them: dark and light colours have little chroma.
  const cells = output.cells.map(([a, b]) => clipChroma([lightness, a, b]));
  return clusters(cells, probabilities(scoresAt(of, output.cells.length, sample))).map(({ lab, probability }) => {
    const rgb = labToRgb(lab);
    return { color: `#${rgb.map((c) => byte(c).toString(16).padStart(2, "0")).join("")}`, probability };
  });
}

/** The scores of the cells at one sample; an output has some hundred thousand numbers. */
function scoresAt(
  { bytes: { buffer, byteOffset, byteLength }, elem, map }: Output,
  cells: number,
  sample: number,
): Float32Array {
  const at = (cell: number): number => cell * map.width * map.height + sample;
  if (elem === "f32") {
    const all = new Float32Array(buffer, byteOffset, byteLength / 4);
    return Float32Array.from({ length: cells }, (_, cell) => all[at(cell)]!);
  }
  const all = new Uint16Array(buffer, byteOffset, byteLength / 2);
  return floatFromHalf(Uint16Array.from({ length: cells }, (_, cell) => all[at(cell)]!));
}

function byte(component: number): number {
  return Math.round(255 * Math.min(Math.max(component, 0), 1));
}

/** The softmax at temperature 1, whatever the temperature of what is shown. */
function probabilities(scores: Float32Array): number[] {
  const most = Math.max(...scores);
  const weights = Array.from(scores, (score) => Math.exp(score - most));
  const sum = weights.reduce((all, one) => all + one, 0);
  return weights.map((weight) => weight / sum);
}

interface Cluster {
  readonly lab: Triple;
  readonly probability: number;
}

/** Takes the neighbourhood with the highest probability, then the next among what is left. Its colour is the mean of it. */
function clusters(cells: readonly Triple[], probability: readonly number[]): Cluster[] {
  const left = [...probability];
  const near = cells.map(([, a, b]) =>
    cells.flatMap((cell, i) => (Math.hypot(cell[1] - a, cell[2] - b) < NEAR ? i : [])),
  );
  const found: Cluster[] = [];
  while (found.length < MOST) {
    const sums = near.map((all) => all.reduce((sum, i) => sum + left[i]!, 0));
    const sum = Math.max(...sums);
    if (sum < LEAST) break;
    const members = near[sums.indexOf(sum)]!;
    const mean = (axis: 0 | 1 | 2): number => members.reduce((all, i) => all + left[i]! * cells[i]![axis], 0) / sum;
    found.push({ lab: [mean(0), mean(1), mean(2)], probability: sum });
    for (const i of members) left[i] = 0;
  }
  return found;
}
