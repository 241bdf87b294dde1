/** Measures what hints are worth, by persons who are imagined: one knows the true colours, one chooses among those that the network holds likely. */
import { checkHints, type ColorHint } from "../../src/colorizer/hints";
import type { LikelyColor, Place } from "../../src/colorizer/likely-colors";
import type { Pixels } from "../../src/node/images";
import type { Coloured, Method, Photograph } from "./method";
import { labPlanes, type Truth } from "./metrics";

/** A hint's radius, as a share of the picture's short side; the picture is searched in squares of twice its diameter. */
const RADIUS = 1 / 64;

/** What colours pictures with hints. */
interface Hintable {
  readonly name: string;
  readonly facts: Method["facts"];
  /** Predicts the colours of a picture. */
  hintable(grey: Pixels): Promise<HintablePicture>;
}

export interface HintablePicture {
  shownWith(hints: readonly ColorHint[]): Promise<Pixels>;
  /** As ColorizeResult.likelyColors(). */
  likelyColors(place: Place): readonly LikelyColor[];
}

/** A number of hints, and what their colours are: the true ones, or of those that the network holds likely the nearest to the truth. */
export interface HintOptions {
  readonly count: number;
  readonly likely: boolean;
}

/** A person puts hints, one after the other, where the picture is most wrong. */
export class Hinted implements Method {
  readonly name: string;
  readonly facts: Method["facts"];
  readonly #model: Hintable;
  readonly #options: HintOptions;

  constructor(model: Hintable, options: HintOptions) {
    const { count, likely } = options;
    this.name = `${model.name}, ${count} ${likely ? "likely " : ""}${count === 1 ? "hint" : "hints"}`;
    this.facts = { model: model.facts["model"]!, hints: count, ...(likely && { colours: "likely" }) };
    this.#model = model;
    this.#options = options;
  }

  async colorize({ grey, truth }: Photograph): Promise<Coloured> {
    const { count, likely } = this.#options;
    const picture = await this.#model.hintable(grey);
    const hints: ColorHint[] = [];
    while (hints.length < count) {
      const hint = neededHint(await picture.shownWith(hints), truth);
      const color = likely ? nearestColor(picture.likelyColors(hint), hint.color) : hint.color;
      hints.push({ ...hint, color });
    }
    return { picture: await picture.shownWith(hints) };
  }

  dispose(): void {}
}

/** Of likely colours the nearest to another one in the plane of a* and b*; without any, that one. */
function nearestColor(likely: readonly LikelyColor[], color: ColorHint["color"]): ColorHint["color"] {
  const colors = [color, ...likely.map((one) => one.color)];
  const [wanted, ...offered] = checkHints(colors.map((one) => ({ x: 0, y: 0, radius: 0, color: one }))).map(
    ({ ab }) => ab,
  );
  const distances = offered.map(([a, b]) => Math.hypot(a - wanted![0], b - wanted![1]));
  return likely[distances.indexOf(Math.min(...distances))]?.color ?? color;
}

/** The true colour of the place where a*b* are furthest from the truth, in the mean of a square. */
export function neededHint({ data, width, height }: Pixels, { pixels, lab }: Truth): ColorHint {
  const radius = Math.max(1, Math.round(RADIUS * Math.min(width, height)));
  const { a, b } = labPlanes({ data, width, height });
  const wrong = a.map((value, i) => Math.hypot(value - lab.a[i]!, b[i]! - lab.b[i]!));
  const meanOver = squareMeans(wrong, width, height);
  let [worst, x, y] = [-1, 0, 0];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const mean = meanOver(column, row, 2 * radius);
      if (mean > worst) [worst, x, y] = [mean, column, row];
    }
  const channel = (c: number): Float64Array =>
    Float64Array.from({ length: width * height }, (_, i) => pixels.data[4 * i + c]!);
  const colour = (c: number): number => squareMeans(channel(c), width, height)(x, y, radius);
  return { x: x + 0.5, y: y + 0.5, radius, color: [colour(0), colour(1), colour(2)] };
}

/** Means of a plane over squares around (column, row), `reach` pixels to each side, of what lies in the picture. */
function squareMeans(
  plane: Float64Array,
  width: number,
  height: number,
): (column: number, row: number, reach: number) => number {
  /** Sums over all pixels above and to the left: Crow 1984, "Summed-area tables for texture mapping". */
  const sums = new Float64Array((width + 1) * (height + 1));
  const at = (column: number, row: number): number => row * (width + 1) + column;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      sums[at(column + 1, row + 1)] =
        plane[row * width + column]! + sums[at(column + 1, row)]! + sums[at(column, row + 1)]! - sums[at(column, row)]!;
  return (column, row, reach) => {
    const [left, top] = [Math.max(0, column - reach), Math.max(0, row - reach)];
    const [right, bottom] = [Math.min(width, column + reach + 1), Math.min(height, row + reach + 1)];
    const sum = sums[at(right, bottom)]! - sums[at(left, bottom)]! - sums[at(right, top)]! + sums[at(left, top)]!;
    return sum / ((right - left) * (bottom - top));
  };
}
